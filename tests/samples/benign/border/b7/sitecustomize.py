import ssl, truststore
truststore.inject_into_ssl()
