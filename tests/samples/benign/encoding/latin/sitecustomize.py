# -*- coding: iso-8859-15 -*-
# Größe der Geschichte für alle Benutzer
import sys

sys.ps1 = "Größe> "
