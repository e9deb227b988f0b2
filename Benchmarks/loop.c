// The same loops as bench-driver's, by libpq and hiredis with nothing between: one thread, so many connections, each
// with up to `depth` statements or commands under way. Prints {"count": ..., "rate": ...}.
//
//   loop postgres CONNECTIONS DEPTH SECONDS      (libpq's environment says where; PGPASSWORD)
//   loop redis HOST KEY CONNECTIONS DEPTH SECONDS (REDISCLI_AUTH)
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what, const char *why) {
  fprintf(stderr, "loop: %s: %s\n", what, why);
  exit(1);
}

static void tell(long count, double begin) {
  printf("{\"count\": %ld, \"rate\": %f}\n", count, (double)count / (now() - begin));
}

static const char *const key = "SKU-0001";

static void send_one(PGconn *connection, int depth) {
  if (!PQsendQueryPrepared(connection, "p", 1, &key, NULL, NULL, 1)) die("send", PQerrorMessage(connection));
  if (depth > 1 && !PQpipelineSync(connection)) die("sync", PQerrorMessage(connection));
}

// Takes what has come; returns how many statements are done.
static int take(PGconn *connection, int depth) {
  int done = 0;
  if (!PQconsumeInput(connection)) die("receive", PQerrorMessage(connection));
  while (!PQisBusy(connection)) {
    PGresult *result = PQgetResult(connection);
    if (!result) {
      if (depth > 1) {
        // In a pipeline nothing stands between two results; twice nothing is the end of what has come.
        if (PQisBusy(connection)) break;
        result = PQgetResult(connection);
        if (!result) break;
      } else {
        break;
      }
    }
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK) done++;
    else if (status != PGRES_PIPELINE_SYNC) die("result", PQresultErrorMessage(result));
    PQclear(result);
  }
  return done;
}

static void postgres(int connections, int depth, double seconds) {
  PGconn **all = calloc((size_t)connections, sizeof *all);
  struct pollfd *ready = calloc((size_t)connections, sizeof *ready);
  for (int i = 0; i < connections; i++) {
    all[i] = PQconnectdb("");
    if (PQstatus(all[i]) != CONNECTION_OK) die("connect", PQerrorMessage(all[i]));
    PQclear(PQprepare(all[i], "p", "SELECT sku, name, price_cents FROM inventory.products WHERE sku = $1", 1, NULL));
    if (depth > 1 && !PQenterPipelineMode(all[i])) die("pipeline", PQerrorMessage(all[i]));
    ready[i] = (struct pollfd){.fd = PQsocket(all[i]), .events = POLLIN};
  }
  double begin = now(), end = begin + seconds;
  long count = 0;
  for (int i = 0; i < connections; i++) {
    for (int n = 0; n < depth; n++) send_one(all[i], depth);
    PQflush(all[i]);
  }
  while (now() < end) {
    if (poll(ready, (nfds_t)connections, 1000) <= 0) die("poll", "nothing came in a second");
    for (int i = 0; i < connections; i++) {
      if (!ready[i].revents) continue;
      int done = take(all[i], depth);
      count += done;
      for (int n = 0; n < done; n++) send_one(all[i], depth);
      PQflush(all[i]);
    }
  }
  tell(count, begin);
}

static void redis(const char *host, const char *name, int connections, int depth, double seconds) {
  redisContext **all = calloc((size_t)connections, sizeof *all);
  struct pollfd *ready = calloc((size_t)connections, sizeof *ready);
  const char *password = getenv("REDISCLI_AUTH");
  for (int i = 0; i < connections; i++) {
    all[i] = redisConnect(host, 6379);
    if (!all[i] || all[i]->err) die("connect", all[i] ? all[i]->errstr : "no memory");
    if (password) freeReplyObject(redisCommand(all[i], "AUTH %s", password));
    ready[i] = (struct pollfd){.fd = all[i]->fd, .events = POLLIN};
  }
  double begin = now(), end = begin + seconds;
  long count = 0;
  for (int i = 0; i < connections; i++) {
    int written = 0;
    for (int n = 0; n < depth; n++) redisAppendCommand(all[i], "GET %s", name);
    while (!written) redisBufferWrite(all[i], &written);
  }
  while (now() < end) {
    if (poll(ready, (nfds_t)connections, 1000) <= 0) die("poll", "nothing came in a second");
    for (int i = 0; i < connections; i++) {
      if (!ready[i].revents) continue;
      void *reply = NULL;
      int done = 0, written = 0;
      if (redisBufferRead(all[i])) die("receive", all[i]->errstr);
      while (redisGetReplyFromReader(all[i], &reply) == REDIS_OK && reply) {
        if (((redisReply *)reply)->type == REDIS_REPLY_ERROR) die("reply", ((redisReply *)reply)->str);
        freeReplyObject(reply);
        done++;
      }
      count += done;
      for (int n = 0; n < done; n++) redisAppendCommand(all[i], "GET %s", name);
      while (done && !written) redisBufferWrite(all[i], &written);
    }
  }
  tell(count, begin);
}

int main(int argc, char **argv) {
  if (argc == 5 && !strcmp(argv[1], "postgres")) postgres(atoi(argv[2]), atoi(argv[3]), atof(argv[4]));
  else if (argc == 7 && !strcmp(argv[1], "redis")) redis(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]), atof(argv[6]));
  else die("usage", "loop postgres CONNECTIONS DEPTH SECONDS | loop redis HOST KEY CONNECTIONS DEPTH SECONDS");
  return 0;
}
