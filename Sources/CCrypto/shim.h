#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

/* OpenSSL 3.4 renamed these two. */
static inline void serre_ts_set_store(TS_VERIFY_CTX *context, X509_STORE *store)
{
#if OPENSSL_VERSION_NUMBER >= 0x30400000L
    TS_VERIFY_CTX_set0_store(context, store);
#else
    TS_VERIFY_CTX_set_store(context, store);
#endif
}

static inline void serre_ts_set_imprint(TS_VERIFY_CTX *context, unsigned char *digest, long count)
{
#if OPENSSL_VERSION_NUMBER >= 0x30400000L
    TS_VERIFY_CTX_set0_imprint(context, digest, count);
#else
    TS_VERIFY_CTX_set_imprint(context, digest, count);
#endif
}
