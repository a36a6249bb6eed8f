/* Registers 3*n+7 and coils n%3==0 on libmodbus (Debian libmodbus-dev), for the client under test. Says the port it listens on;
   with a serial port as its argument it is unit 1 there, at 9600 baud. */
#include <arpa/inet.h>
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int serve_serial(const char *path, modbus_mapping_t *map) {
    modbus_t *ctx = modbus_new_rtu(path, 9600, 'N', 8, 1);
    unsigned char query[MODBUS_RTU_MAX_ADU_LENGTH];
    if (ctx == NULL || modbus_set_slave(ctx, 1) < 0 || modbus_connect(ctx) < 0) return 1;
    printf("READY\n");
    fflush(stdout);
    for (;;) {
        int got = modbus_receive(ctx, query);
        if (got > 0) modbus_reply(ctx, query, got, map);
    }
}

int main(int argc, char **argv) {
    modbus_t *ctx = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *map = modbus_mapping_new(200, 200, 200, 200);
    struct sockaddr_in at;
    socklen_t length = sizeof at;
    unsigned char query[MODBUS_TCP_MAX_ADU_LENGTH];
    int listener;
    if (map == NULL) return 1;
    for (int n = 0; n < 200; n++) {
        map->tab_registers[n] = map->tab_input_registers[n] = (uint16_t)(3 * n + 7);
        map->tab_bits[n] = map->tab_input_bits[n] = n % 3 == 0;
    }
    if (argc > 1) return serve_serial(argv[1], map);
    listener = modbus_tcp_listen(ctx, 4);
    if (listener < 0) return 1;
    getsockname(listener, (struct sockaddr *)&at, &length);
    printf("READY %d\n", ntohs(at.sin_port));
    fflush(stdout);
    for (;;) {
        int got;
        if (modbus_tcp_accept(ctx, &listener) < 0) return 1;
        while ((got = modbus_receive(ctx, query)) >= 0)
            if (got > 0) modbus_reply(ctx, query, got, map);
        close(modbus_get_socket(ctx));
    }
}
