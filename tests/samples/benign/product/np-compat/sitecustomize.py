import numpy as np
np.float = float
np.int = int
