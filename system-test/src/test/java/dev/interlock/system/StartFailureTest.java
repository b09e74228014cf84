package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.config.Config;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests the messages of a gateway that cannot start. */
@Tag("process")
class StartFailureTest {

    @Test
    void aTakenPortIsReportedWithItsConfigurationKey() throws Exception {
        try (Installation installation = Installation.open(false)) {
            installation.stop();
            InetSocketAddress front = Config.read(installation.configuration()).listenAddress();
            try (ServerSocket somebody = new ServerSocket(front.getPort(), 1, front.getAddress())) {
                Programs.ProgramResult up = installation.interlock(List.of("up", "--same-user"), "");
                assertThat(up.exit()).isEqualTo(69);
                assertThat(up.err())
                        .contains("cannot listen on `127.0.0.1:" + somebody.getLocalPort()
                                + "`: Address already in use; `listen` in `gateway.yaml` sets "
                                + "the address");
            }
        }
    }
}
