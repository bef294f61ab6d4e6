/* libcurl, and its variadic functions once for each type of argument: Swift imports no variadic ones. */
#pragma once
#include <curl/curl.h>
#include <sys/socket.h>

/* Values of options: some of these are enumerators in one release of libcurl and macros in the next, and Swift imports
   the two as different types. */
static const long ccurl_global_default = CURL_GLOBAL_DEFAULT;
static const long ccurl_http_1_1 = CURL_HTTP_VERSION_1_1;
static const long ccurl_http_1_0 = CURL_HTTP_VERSION_1_0;
static const long ccurl_http_2 = CURL_HTTP_VERSION_2_0;
static const long ccurl_http_2_tls = CURL_HTTP_VERSION_2TLS;
static const long ccurl_netrc_ignored = CURL_NETRC_IGNORED;
static const long ccurl_tls_1_2 = CURL_SSLVERSION_TLSv1_2;
static const unsigned int ccurl_url_refuse_user = CURLU_DISALLOW_USER;
static const unsigned int ccurl_url_guess_scheme = CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME;
static const long ccurl_error_size = CURL_ERROR_SIZE;

typedef size_t (*ccurl_receiver)(char *bytes, size_t size, size_t count, void *context);

/* curl_easy_setopt(3) with a number (CURLOPTTYPE_LONG). */
static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

/* curl_easy_setopt(3) with a large number (CURLOPTTYPE_OFF_T). */
static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

/* curl_easy_setopt(3) with a string, which libcurl copies; NULL takes the option back. */
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

/* curl_easy_setopt(3) with memory that libcurl only points at. */
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

/* curl_easy_setopt(3) with CURLOPT_WRITEFUNCTION or CURLOPT_HEADERFUNCTION. */
static inline CURLcode ccurl_set_receiver(CURL *easy, CURLoption option, ccurl_receiver value) {
  return curl_easy_setopt(easy, option, value);
}

/* A curl_opensocket_callback that makes sockets close-on-exec, which libcurl 7.88 by itself doesn't. */
static inline curl_socket_t ccurl_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to) {
  (void)context;
  (void)purpose;
  return socket(to->family, to->socktype | 02000000 /* SOCK_CLOEXEC */, to->protocol);
}

/* curl_easy_setopt(3) with CURLOPT_OPENSOCKETFUNCTION and ccurl_open_socket. */
static inline CURLcode ccurl_set_close_on_exec(CURL *easy) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, ccurl_open_socket);
}

/* curl_easy_getinfo(3) of a number (CURLINFO_LONG). */
static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}

/* curl_easy_getinfo(3) of a large number (CURLINFO_OFF_T). */
static inline CURLcode ccurl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(easy, info, value);
}

/* curl_easy_getinfo(3) of a string (CURLINFO_STRING), which belongs to the handle. */
static inline CURLcode ccurl_get_string(CURL *easy, CURLINFO info, const char **value) {
  return curl_easy_getinfo(easy, info, value);
}

/* CURLINFO_CERTINFO(3): lines "Name:value" about the service's own certificate; NULL: none is known. */
static inline const struct curl_slist *ccurl_get_certificate(CURL *easy) {
  struct curl_certinfo *chain = 0;
  if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain || chain->num_of_certs < 1) return 0;
  return chain->certinfo[0];
}

typedef int (*ccurl_listener)(CURL *easy, curl_infotype type, char *bytes, size_t count, void *context);

/* curl_easy_setopt(3) with CURLOPT_DEBUGFUNCTION. */
static inline CURLcode ccurl_set_listener(CURL *easy, ccurl_listener value) {
  return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, value);
}

/* curl_version_info(3): whether libcurl speaks HTTP/2. */
static inline int ccurl_has_http2(void) {
  const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
  return version && (version->features & CURL_VERSION_HTTP2) != 0;
}
