package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DatabaseListenerCheckTest {

    @ParameterizedTest
    @CsvSource({"S, true, true", "N, true, false", "N, false, true", "H, false, false"})
    void listenerThatAnswersOtherwiseIsFound(char answer, boolean mustEncrypt, boolean isRight) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> {
                try (Socket socket = server.accept()) {
                    socket.getInputStream().readNBytes(8);
                    socket.getOutputStream().write(answer);
                } catch (IOException _) {
                    // the assertion says so
                }
            });
            var found = DatabaseListenerCheck.check((InetSocketAddress) server.getLocalSocketAddress(), mustEncrypt);
            assertThat(found.isWrong()).isEqualTo(!isRight);
            assertThat(found.unseen()).isEmpty();
        }
    }
}
