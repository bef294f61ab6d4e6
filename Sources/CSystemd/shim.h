#pragma once
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <systemd/sd-login.h>

/* A unit's `Job` property: sd_bus_message_read(3) is variadic. */
static inline int csystemd_read_job(sd_bus_message *message, uint32_t *id, const char **path) {
  return sd_bus_message_read(message, "(uo)", id, path);
}
