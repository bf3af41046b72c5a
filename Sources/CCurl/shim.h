#pragma once
#include <curl/curl.h>

/* curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot import. */

static inline CURLcode watchdog_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode watchdog_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode watchdog_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode watchdog_curl_set_write(CURL *easy, size_t (*write)(char *, size_t, size_t, void *)) {
    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write);
}

static inline CURLcode watchdog_curl_set_header(CURL *easy, size_t (*header)(char *, size_t, size_t, void *)) {
    return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header);
}

static inline CURLcode watchdog_curl_status(CURL *easy, long *status) {
    return curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
}

static inline CURLcode watchdog_curl_os_error(CURL *easy, long *number) {
    return curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, number);
}

/* The result of a finished transfer sits in a union, which Swift imports without its active member. */
static inline CURLcode watchdog_curl_result(const CURLMsg *message) {
    return message->data.result;
}
