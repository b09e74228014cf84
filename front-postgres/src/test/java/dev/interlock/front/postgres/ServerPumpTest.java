package dev.interlock.front.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerPumpTest {

    private static final int LONG = 1 << 20;

    /** A session runs any number of known statements, and each guard answers anew. */
    @Test
    void answersOfGuardsDoNotAddUp() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 2, InetAddress.getLoopbackAddress());
                Socket server = connect(listener);
                Wire database = new Wire(listener.accept());
                Socket client = connect(listener);
                Wire own = new Wire(listener.accept())) {
            ServerPump pump = new ServerPump(new Wire(server), new Wire(client));
            Thread.ofVirtual().start(pump);
            for (int i = 0; i <= Batch.MAX_BYTES / LONG; i++) {
                pump.beginGuarded(List.of());
                database.write(Message.of('D').bytes(new byte[LONG]).build());
                database.write(Message.of('3').build());
                database.send(Message.of('Z').int8('I').build());
                assertThat(pump.holds()).isTrue();
                assertThat(pump.await()).isEqualTo(ServerPump.Turn.CLIENT);
            }
            assertThat(own.read(LONG).type()).isEqualTo('Z');
        }
    }

    @ParameterizedTest
    @CsvSource({"standard_conforming_strings,off", "client_encoding,SJIS", "array_nulls,off"})
    void aChangedMeaningEndsTheSession(String setting, String value) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 2, InetAddress.getLoopbackAddress());
                Socket server = connect(listener);
                Wire database = new Wire(listener.accept());
                Socket client = connect(listener);
                Wire own = new Wire(listener.accept())) {
            ServerPump pump = new ServerPump(new Wire(server), new Wire(client));
            database.send(Message.of('S').text(setting).text(value).build());
            pump.run();
            assertThat(pump.turn()).isEqualTo(ServerPump.Turn.OVER);
        }
    }

    /** A pooler may answer with another session than was asked for. */
    @ParameterizedTest
    @ValueSource(strings = {"", "off", "on"})
    void aGreetingMustSayWhatTextsMean(String strings) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 2, InetAddress.getLoopbackAddress());
                Socket client = connect(listener);
                Wire database = new Wire(listener.accept())) {
            database.write(Message.of('S').text("client_encoding").text("UTF8").build());
            if (!strings.isEmpty()) {
                database.write(Message.of('S')
                        .text("standard_conforming_strings")
                        .text(strings)
                        .build());
            }
            database.send(Message.of('Z').int8('I').build());
            ServerAddress address = new ServerAddress(
                    URI.create("postgres://127.0.0.1/shop"), (SSLSocketFactory) SSLSocketFactory.getDefault());
            Wire wire = new Wire(client);
            if (strings.equals("on")) {
                assertThat(ServerConnection.greeted(wire, address).isUtf8()).isFalse();
            } else {
                assertThatThrownBy(() -> ServerConnection.greeted(wire, address))
                        .hasMessageContaining("standard_conforming_strings");
            }
        }
    }

    private static Socket connect(ServerSocket listener) throws IOException {
        return new Socket(listener.getInetAddress(), listener.getLocalPort());
    }
}
