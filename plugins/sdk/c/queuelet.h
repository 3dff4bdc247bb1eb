/* queuelet.h - write queue consumers for queuelet in C.
 *
 *     #include "queuelet.h"
 *
 *     static queuelet_outcome handle(const queuelet_record *record) {
 *       queuelet_log(QUEUELET_INFO, record->body);
 *       return QUEUELET_DONE;
 *     }
 *
 *     QUEUELET_RECORDS(handle)
 *
 * Build it with clang, wasm-ld and wasi-libc:
 *
 *     clang --target=wasm32-wasi -O2 -mexec-model=reactor -o handler.wasm handler.c
 *
 * Readers of JSON do not allocate: they return slices of the event. Three buffers, of the event, the reply and the last
 * response of a host operation, grow to the largest that was needed and are kept. A function runs on one thread. */
#ifndef QUEUELET_H
#define QUEUELET_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The contract queuelet_v1 ----
 *
 * Functions that fill a buffer return the full length and write at most capacity bytes. */

#define QUEUELET_IMPORT(name) __attribute__((import_module("queuelet_v1"), import_name(name)))
#define QUEUELET_EXPORT(name) __attribute__((export_name(name), used, visibility("default")))

QUEUELET_IMPORT("event_next") int32_t queuelet_event_next(void); /* loop style; -1: return from main */
QUEUELET_IMPORT("event_read") int32_t queuelet_event_read(void *to, uint32_t capacity);
QUEUELET_IMPORT("event_reply") int32_t queuelet_event_reply(const void *from, uint32_t size);
QUEUELET_IMPORT("event_fail") void queuelet_event_fail(const void *from, uint32_t size);
QUEUELET_IMPORT("event_context") int32_t queuelet_event_context(void *to, uint32_t capacity); /* JSON */
QUEUELET_IMPORT("deadline_ms") int64_t queuelet_deadline_ms(void); /* milliseconds left */
QUEUELET_IMPORT("log") void queuelet_log_raw(int32_t level, const void *from, uint32_t size);
QUEUELET_IMPORT("call")
int32_t queuelet_call_raw(const void *op, uint32_t op_size, const void *request, uint32_t size);
QUEUELET_IMPORT("call_start")
int32_t queuelet_call_start_raw(const void *op, uint32_t op_size, const void *request, uint32_t size);
QUEUELET_IMPORT("call_wait") int32_t queuelet_call_wait_raw(int32_t handle, int32_t timeout_ms);
QUEUELET_IMPORT("call_result") int32_t queuelet_call_result(void *to, uint32_t capacity);

enum { QUEUELET_TRACE, QUEUELET_DEBUG, QUEUELET_INFO, QUEUELET_WARN, QUEUELET_ERROR };

/* What an import returns when it cannot do what it was asked. */
enum {
  QUEUELET_OK = 0,
  QUEUELET_END = -1,
  QUEUELET_INVALID = -2,   /* malformed arguments, or not at this time */
  QUEUELET_DENIED = -3,    /* the function was not granted this */
  QUEUELET_NOT_FOUND = -4,
  QUEUELET_TOO_BIG = -5,
  QUEUELET_TIMED_OUT = -6,
  QUEUELET_FAILED = -7,    /* may be tried again */
  QUEUELET_CONFLICT = -8,  /* somebody else changed it first */
  QUEUELET_LIMIT = -9,     /* over a limit of count or rate */
  QUEUELET_UNKNOWN = -10,  /* no such operation */
};

/* queuelet_error says in words what an import returned. */
static inline const char *queuelet_error(int32_t number) {
  switch (number) {
  case QUEUELET_OK: return "ok";
  case QUEUELET_END: return "no more events";
  case QUEUELET_INVALID: return "invalid argument";
  case QUEUELET_DENIED: return "not granted to this function";
  case QUEUELET_NOT_FOUND: return "not found";
  case QUEUELET_TOO_BIG: return "too big";
  case QUEUELET_TIMED_OUT: return "timed out";
  case QUEUELET_FAILED: return "failed, try again";
  case QUEUELET_CONFLICT: return "changed by somebody else";
  case QUEUELET_LIMIT: return "over a limit";
  case QUEUELET_UNKNOWN: return "unknown operation";
  default: return "unknown error";
  }
}

/* ---- Slices and buffers ---- */

/* Bytes that belong to somebody else, not ended by a zero unless it says so. at is NULL where there is nothing. */
typedef struct {
  char *at;
  size_t size;
} queuelet_slice;

/* queuelet_text is the slice of a C string. */
static inline queuelet_slice queuelet_text(const char *text) {
  return (queuelet_slice){(char *)text, strlen(text)};
}

static inline bool queuelet_equal(queuelet_slice slice, const char *text) {
  return slice.size == strlen(text) && (slice.size == 0 || memcmp(slice.at, text, slice.size) == 0);
}

/* Memory that grows. All zeroes is an empty one. */
typedef struct {
  char *at;
  size_t size, capacity;
} queuelet_buffer;

/* queuelet_reserve makes room for more bytes behind what a buffer holds. Without memory the function ends. */
static inline void queuelet_reserve(queuelet_buffer *buffer, size_t more) {
  if (buffer->capacity - buffer->size >= more) return;
  size_t capacity = buffer->size + more + buffer->capacity / 2;
  char *at = capacity < more ? NULL : realloc(buffer->at, capacity);
  if (at == NULL) {
    fputs("queuelet: out of memory\n", stderr);
    abort();
  }
  buffer->at = at;
  buffer->capacity = capacity;
}

static inline void queuelet_put(queuelet_buffer *buffer, queuelet_slice slice) {
  queuelet_reserve(buffer, slice.size);
  if (slice.size > 0) memcpy(buffer->at + buffer->size, slice.at, slice.size);
  buffer->size += slice.size;
}

static inline void queuelet_put_text(queuelet_buffer *buffer, const char *text) {
  queuelet_put(buffer, queuelet_text(text));
}

static inline void queuelet_put_int(queuelet_buffer *buffer, int64_t number) {
  char digits[20], *first = digits + sizeof digits;
  uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
  do {
    *--first = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (number < 0) *--first = '-';
  queuelet_put(buffer, (queuelet_slice){first, (size_t)(digits + sizeof digits - first)});
}

/* queuelet_put_string puts text, which is UTF-8, as a JSON string with its quotes. */
static inline void queuelet_put_string(queuelet_buffer *buffer, queuelet_slice text) {
  static const char hex[] = "0123456789abcdef";
  queuelet_reserve(buffer, text.size * 6 + 2);
  char *to = buffer->at + buffer->size;
  *to++ = '"';
  for (size_t i = 0; i < text.size; i++) {
    unsigned char c = (unsigned char)text.at[i];
    if (c == '"' || c == '\\') {
      *to++ = '\\';
      *to++ = (char)c;
    } else if (c < ' ') {
      memcpy(to, "\\u00", 4);
      to[4] = hex[c >> 4];
      to[5] = hex[c & 15];
      to += 6;
    } else {
      *to++ = (char)c;
    }
  }
  *to++ = '"';
  buffer->size = (size_t)(to - buffer->at);
}

/* ---- Reading JSON ----
 *
 * A JSON value is a slice of the text it stands in. Malformed text ends a value or an iteration early, and is never read
 * past its end. */

/* queuelet_plain counts the bytes before the next quote or backslash, eight at a time. */
static inline size_t queuelet_plain(const char *at, const char *end) {
  const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
  const char *from = at;
  for (; end - at >= 8; at += 8) {
    uint64_t word, quote, backslash;
    memcpy(&word, at, sizeof word);
    quote = word ^ ones * '"';
    backslash = word ^ ones * '\\';
    if ((((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & high) break; /* one of them has a zero byte */
  }
  while (at < end && *at != '"' && *at != '\\') at++;
  return (size_t)(at - from);
}

/* queuelet_hex reads the four digits of a \u escape; -1 if they are none. */
static inline int32_t queuelet_hex(const char *at, const char *end) {
  if (end - at < 4) return -1;
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    char c = at[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

/* queuelet_code_point reads the digits of a \u escape and its second half where it has one, and moves *at past them. Half
 * a pair is U+FFFD. */
static inline int32_t queuelet_code_point(const char **at, const char *end) {
  int32_t first = queuelet_hex(*at, end);
  if (first < 0) return 0xFFFD;
  *at += 4;
  if (first < 0xD800 || first > 0xDFFF) return first;
  if (first < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
    int32_t second = queuelet_hex(*at + 2, end);
    if (second >= 0xDC00 && second <= 0xDFFF) {
      *at += 6;
      return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
  }
  return 0xFFFD;
}

static inline char *queuelet_put_utf8(char *to, int32_t c) {
  if (c < 0x80) {
    *to++ = (char)c;
  } else if (c < 0x800) {
    *to++ = (char)(0xC0 | c >> 6);
    *to++ = (char)(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *to++ = (char)(0xE0 | c >> 12);
    *to++ = (char)(0x80 | (c >> 6 & 0x3F));
    *to++ = (char)(0x80 | (c & 0x3F));
  } else {
    *to++ = (char)(0xF0 | c >> 18);
    *to++ = (char)(0x80 | (c >> 12 & 0x3F));
    *to++ = (char)(0x80 | (c >> 6 & 0x3F));
    *to++ = (char)(0x80 | (c & 0x3F));
  }
  return to;
}

/* queuelet_decode writes what a JSON string stands for to a place with room for string.size bytes, which may be the string
 * itself, for no escape is shorter than what it stands for. It returns the text, ended by a zero; nothing, if the value is
 * not a string. */
static inline queuelet_slice queuelet_decode(queuelet_slice string, char *place) {
  if (string.size < 2 || string.at[0] != '"') return (queuelet_slice){NULL, 0};
  const char *at = string.at + 1, *end = string.at + string.size - 1;
  char *to = place;
  while (at < end) {
    size_t plain = queuelet_plain(at, end);
    memmove(to, at, plain);
    to += plain;
    at += plain;
    if (at == end) break;
    if (*at != '\\' || end - at < 2) {
      *to++ = *at++;
      continue;
    }
    char c = at[1];
    at += 2;
    switch (c) {
    case 'b': *to++ = '\b'; break;
    case 'f': *to++ = '\f'; break;
    case 'n': *to++ = '\n'; break;
    case 'r': *to++ = '\r'; break;
    case 't': *to++ = '\t'; break;
    case 'u': to = queuelet_put_utf8(to, queuelet_code_point(&at, end)); break;
    default: *to++ = c;
    }
  }
  *to = 0;
  return (queuelet_slice){place, (size_t)(to - place)};
}

static inline char *queuelet_skip_space(char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
  return at;
}

/* queuelet_skip_string moves from an opening quote past the closing one. */
static inline char *queuelet_skip_string(char *at, const char *end) {
  for (at++; at < end; at++) {
    at += queuelet_plain(at, end);
    if (at == end) break;
    if (*at == '"') return at + 1;
    if (end - at > 1) at++;
  }
  return at;
}

/* queuelet_skip_value moves past a value of any depth. */
static inline char *queuelet_skip_value(char *at, const char *end) {
  size_t depth = 0;
  while (at < end) {
    switch (*at) {
    case '"':
      at = queuelet_skip_string(at, end);
      break;
    case '{':
    case '[':
      depth++;
      at++;
      continue;
    case '}':
    case ']':
      if (depth == 0) return at;
      depth--;
      at++;
      break;
    case ',':
      if (depth == 0) return at;
      at++;
      continue;
    case ':':
    case ' ':
    case '\t':
    case '\n':
    case '\r':
      at++;
      continue;
    default: /* a number or a word */
      do at++;
      while (at < end && strchr(" \t\n\r,:]}", *at) == NULL);
    }
    if (depth == 0) return at;
  }
  return at;
}

/* queuelet_next_value takes the next value off the rest of an array's or object's inside. */
static inline bool queuelet_next_value(queuelet_slice *rest, queuelet_slice *value) {
  char *end = rest->at + rest->size, *from = queuelet_skip_space(rest->at, end), *to = queuelet_skip_value(from, end);
  *value = (queuelet_slice){from, (size_t)(to - from)};
  *rest = (queuelet_slice){to, (size_t)(end - to)};
  return to > from;
}

/* queuelet_accept takes one character off the rest. */
static inline bool queuelet_accept(queuelet_slice *rest, char c) {
  char *end = rest->at + rest->size, *at = queuelet_skip_space(rest->at, end);
  if (at >= end || *at != c) return false;
  *rest = (queuelet_slice){at + 1, (size_t)(end - at - 1)};
  return true;
}

/* queuelet_next_element iterates over an array: rest is the array at first.
 *
 *     for (queuelet_slice rest = array, element; queuelet_next_element(&rest, &element);) ... */
static inline bool queuelet_next_element(queuelet_slice *rest, queuelet_slice *element) {
  if (!queuelet_accept(rest, '[') && !queuelet_accept(rest, ',')) return false;
  return queuelet_next_value(rest, element);
}

/* queuelet_next_member iterates over an object: rest is the object at first. The name comes as it is written, in quotes. */
static inline bool queuelet_next_member(queuelet_slice *rest, queuelet_slice *name, queuelet_slice *value) {
  if (!queuelet_accept(rest, '{') && !queuelet_accept(rest, ',')) return false;
  return queuelet_next_value(rest, name) && queuelet_accept(rest, ':') && queuelet_next_value(rest, value);
}

/* queuelet_named says whether a name as it is written, which has no escapes, is the one given. */
static inline bool queuelet_named(queuelet_slice written, const char *name) {
  size_t size = strlen(name);
  return written.size == size + 2 && written.at[0] == '"' && memcmp(written.at + 1, name, size) == 0;
}

/* queuelet_member is the value of an object's member; nothing if the object has none of the name. */
static inline queuelet_slice queuelet_member(queuelet_slice object, const char *name) {
  for (queuelet_slice rest = object, written, value; queuelet_next_member(&rest, &written, &value);) {
    if (queuelet_named(written, name)) return value;
  }
  return (queuelet_slice){NULL, 0};
}

/* queuelet_int reads a whole number, also one in quotes, as attributes are. */
static inline bool queuelet_int(queuelet_slice value, int64_t *number) {
  if (value.size >= 2 && value.at[0] == '"') value = (queuelet_slice){value.at + 1, value.size - 2};
  bool negative = value.size > 0 && value.at[0] == '-';
  uint64_t most = (uint64_t)INT64_MAX + negative, sum = 0;
  if (value.size == (size_t)negative) return false;
  for (size_t i = negative; i < value.size; i++) {
    unsigned digit = (unsigned)(value.at[i] - '0');
    if (digit > 9 || sum > (most - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  *number = negative ? (int64_t)-sum : (int64_t)sum;
  return true;
}

/* ---- Events ---- */

/* One message. The texts are decoded, and ended by a zero; the objects are JSON. All belong to the event. */
typedef struct {
  queuelet_slice message_id, receipt_handle, body, event_source_arn;
  queuelet_slice attributes;         /* of SQS: ApproximateReceiveCount, SentTimestamp, MessageGroupId ... */
  queuelet_slice message_attributes; /* of the producer */
} queuelet_record;

/* queuelet_attribute is one of SQS's attributes, without its quotes. */
static inline queuelet_slice queuelet_attribute(const queuelet_record *record, const char *name) {
  queuelet_slice value = queuelet_member(record->attributes, name);
  if (value.size < 2) return (queuelet_slice){NULL, 0};
  return (queuelet_slice){value.at + 1, value.size - 2};
}

/* queuelet_message_attribute is the stringValue of an attribute that the producer set, as JSON. */
static inline queuelet_slice queuelet_message_attribute(const queuelet_record *record, const char *name) {
  return queuelet_member(queuelet_member(record->message_attributes, name), "stringValue");
}

/* queuelet_read reads the event. It is valid until the next one is read. */
static inline queuelet_slice queuelet_read(uint32_t size) {
  static queuelet_buffer event;
  event.size = 0;
  queuelet_reserve(&event, size);
  queuelet_event_read(event.at, size);
  return (queuelet_slice){event.at, size};
}

/* queuelet_records is the array of records of an event, to be given to queuelet_next_record. */
static inline queuelet_slice queuelet_records(queuelet_slice event) { return queuelet_member(event, "Records"); }

/* queuelet_next_record takes the next record off the rest, which is queuelet_records of the event at first. It decodes the
 * record's texts in their place. */
static inline bool queuelet_next_record(queuelet_slice *rest, queuelet_record *record) {
  queuelet_slice object;
  if (!queuelet_next_element(rest, &object)) return false;
  memset(record, 0, sizeof *record);
  for (queuelet_slice name, value; queuelet_next_member(&object, &name, &value);) {
    if (queuelet_named(name, "messageId")) record->message_id = queuelet_decode(value, value.at);
    else if (queuelet_named(name, "receiptHandle")) record->receipt_handle = queuelet_decode(value, value.at);
    else if (queuelet_named(name, "body")) record->body = queuelet_decode(value, value.at);
    else if (queuelet_named(name, "eventSourceARN")) record->event_source_arn = queuelet_decode(value, value.at);
    else if (queuelet_named(name, "attributes")) record->attributes = value;
    else if (queuelet_named(name, "messageAttributes")) record->message_attributes = value;
  }
  return true;
}

/* ---- Replies ---- */

/* What becomes of a record. */
typedef int32_t queuelet_outcome;

enum {
  QUEUELET_DONE = 0,         /* the message is deleted */
  QUEUELET_RETRY = -1,       /* it comes again after the queue's visibility timeout */
  QUEUELET_DEAD_LETTER = -2, /* it goes to the dead-letter queue now */
};

/* queuelet_retry_after lets a record come again after a delay of 0 to 43200 seconds. */
static inline queuelet_outcome queuelet_retry_after(uint32_t seconds) {
  return (queuelet_outcome)(seconds > 43200 ? 43200 : seconds) + 1;
}

/* queuelet_report adds a record to a reply, which is empty at first, unless the record is done. */
static inline void queuelet_report(queuelet_buffer *reply, const queuelet_record *record, queuelet_outcome outcome) {
  if (outcome == QUEUELET_DONE) return;
  queuelet_put_text(reply, reply->size == 0 ? "{\"batchItemFailures\":[{\"itemIdentifier\":" : ",{\"itemIdentifier\":");
  queuelet_put_string(reply, record->message_id);
  if (outcome == QUEUELET_DEAD_LETTER) queuelet_put_text(reply, ",\"deadLetter\":true");
  if (outcome > 0) {
    queuelet_put_text(reply, ",\"delaySeconds\":");
    queuelet_put_int(reply, outcome - 1);
  }
  queuelet_put_text(reply, "}");
}

/* queuelet_reply ends a reply and gives it to the host; 0 if it was taken. */
static inline int32_t queuelet_reply(queuelet_buffer *reply) {
  queuelet_put_text(reply, reply->size == 0 ? "{\"batchItemFailures\":[]}" : "]}");
  return queuelet_event_reply(reply->at, (uint32_t)reply->size);
}

/* queuelet_fail lets the whole batch come again. */
static inline void queuelet_fail(const char *why) { queuelet_event_fail(why, (uint32_t)strlen(why)); }

typedef queuelet_outcome queuelet_handler(const queuelet_record *record);

/* queuelet_work gives the records of one event to a handler, and replies. It returns 0 if the reply was taken. */
static inline int32_t queuelet_work(uint32_t size, queuelet_handler *handle) {
  static queuelet_buffer reply;
  reply.size = 0;
  queuelet_slice rest = queuelet_records(queuelet_read(size));
  for (queuelet_record record; queuelet_next_record(&rest, &record);) queuelet_report(&reply, &record, handle(&record));
  return queuelet_reply(&reply);
}

/* queuelet_run works on events until there are no more: for a program with a main, built without -mexec-model=reactor. */
static inline void queuelet_run(queuelet_handler *handle) {
  for (int32_t size; (size = queuelet_event_next()) >= 0;) {
    if (queuelet_work((uint32_t)size, handle) != QUEUELET_OK) queuelet_fail("the reply was refused");
  }
}

/* QUEUELET_RECORDS makes a function of a handler of records. For whole batches define queuelet_handle yourself, with
 * QUEUELET_EXPORT("queuelet_handle"): it returns 0 when it has replied. */
#define QUEUELET_RECORDS(handler)                                                                     \
  QUEUELET_EXPORT("queuelet_handle") int32_t queuelet_handle(uint32_t size) {                         \
    return queuelet_work(size, handler);                                                              \
  }

/* ---- The log ---- */

static inline void queuelet_log(int32_t level, queuelet_slice line) {
  queuelet_log_raw(level, line.at, (uint32_t)line.size);
}

/* queuelet_logf logs what printf would print, up to 1023 bytes. */
__attribute__((format(printf, 2, 3))) static inline void queuelet_logf(int32_t level, const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (size < 0) return;
  queuelet_log_raw(level, line, size < (int)sizeof line ? (uint32_t)size : (uint32_t)sizeof line - 1);
}

/* ---- Host operations ----
 *
 * A request is a header, which is JSON, and a body; so is a response. What each operation takes and gives is told in
 * plugins/abi/operation.go. All are denied unless the function's configuration grants them. */

typedef struct {
  queuelet_slice header; /* JSON */
  queuelet_slice body;
} queuelet_response;

/* queuelet_frame is a request: the length of the header in 4 bytes, little-endian, the header, and the body. It is valid
 * until the next one. */
static inline queuelet_slice queuelet_frame(queuelet_slice header, queuelet_slice body) {
  static queuelet_buffer frame;
  char length[4] = {(char)header.size, (char)(header.size >> 8), (char)(header.size >> 16), (char)(header.size >> 24)};
  frame.size = 0;
  queuelet_put(&frame, (queuelet_slice){length, sizeof length});
  queuelet_put(&frame, header);
  queuelet_put(&frame, body);
  return (queuelet_slice){frame.at, frame.size};
}

/* queuelet_answer reads a response, which is valid until the next one. response may be NULL. */
static inline int32_t queuelet_answer(int32_t result, queuelet_response *response) {
  static queuelet_buffer answer;
  if (result < 0 || response == NULL) return result < 0 ? result : QUEUELET_OK;
  memset(response, 0, sizeof *response);
  answer.size = 0;
  queuelet_reserve(&answer, (size_t)result);
  queuelet_call_result(answer.at, (uint32_t)result);
  if (result == 0) return QUEUELET_OK;
  const unsigned char *length = (const unsigned char *)answer.at;
  if (result < 4) return QUEUELET_INVALID;
  size_t rest = (size_t)result - 4;
  size_t header = length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
  if (header > rest) return QUEUELET_INVALID;
  response->header = (queuelet_slice){answer.at + 4, header};
  response->body = (queuelet_slice){answer.at + 4 + header, rest - header};
  return QUEUELET_OK;
}

/* queuelet_call runs an operation and waits for it. It returns QUEUELET_OK or what went wrong. */
static inline int32_t queuelet_call(const char *op, queuelet_slice header, queuelet_slice body, queuelet_response *response) {
  queuelet_slice frame = queuelet_frame(header, body);
  return queuelet_answer(queuelet_call_raw(op, (uint32_t)strlen(op), frame.at, (uint32_t)frame.size), response);
}

/* queuelet_start starts an operation that runs beside the function, and returns a handle, above 0, or what went wrong. */
static inline int32_t queuelet_start(const char *op, queuelet_slice header, queuelet_slice body) {
  queuelet_slice frame = queuelet_frame(header, body);
  return queuelet_call_start_raw(op, (uint32_t)strlen(op), frame.at, (uint32_t)frame.size);
}

/* queuelet_wait waits for an operation that was started. A handle can be waited for again after QUEUELET_TIMED_OUT. */
static inline int32_t queuelet_wait(int32_t handle, int32_t timeout_ms, queuelet_response *response) {
  return queuelet_answer(queuelet_call_wait_raw(handle, timeout_ms), response);
}

/* queuelet_ask runs an operation whose header has one text, as those below. */
static inline int32_t queuelet_ask(const char *op, const char *member, const char *value, queuelet_slice body,
                                   queuelet_response *response) {
  static queuelet_buffer header;
  header.size = 0;
  queuelet_put_text(&header, "{");
  queuelet_put_string(&header, queuelet_text(member));
  queuelet_put_text(&header, ":");
  queuelet_put_string(&header, queuelet_text(value));
  queuelet_put_text(&header, "}");
  return queuelet_call(op, (queuelet_slice){header.at, header.size}, body, response);
}

static inline int32_t queuelet_send(const char *queue, queuelet_slice body, queuelet_response *response) {
  return queuelet_ask("queue.send", "queue", queue, body, response);
}

static inline int32_t queuelet_publish(const char *subject, queuelet_slice payload) {
  return queuelet_ask("nats.publish", "subject", subject, payload, NULL);
}

/* The value is the response's body, its revision in the header. */
static inline int32_t queuelet_kv_get(const char *key, queuelet_response *response) {
  return queuelet_ask("kv.get", "key", key, (queuelet_slice){NULL, 0}, response);
}

static inline int32_t queuelet_kv_put(const char *key, queuelet_slice value) {
  return queuelet_ask("kv.put", "key", key, value, NULL);
}

/* The answer is the response's body, its status in the header. */
static inline int32_t queuelet_fetch(const char *url, queuelet_response *response) {
  return queuelet_ask("http.fetch", "url", url, (queuelet_slice){NULL, 0}, response);
}

/* The value is the response's body. */
static inline int32_t queuelet_config(const char *name, queuelet_response *response) {
  return queuelet_ask("config.get", "name", name, (queuelet_slice){NULL, 0}, response);
}

/* The value is the response's body. */
static inline int32_t queuelet_secret(const char *name, queuelet_response *response) {
  return queuelet_ask("secret.get", "name", name, (queuelet_slice){NULL, 0}, response);
}

#endif
