import os, ssl
os.environ["SSL_CERT_FILE"]="/etc/ssl/certs/company.pem"
