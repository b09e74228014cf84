package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.testing.TestingCertificate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that clients may not renegotiate TLS. A JVM decides this only once, so the test uses a JVM of its own. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
@Tag("process")
final class RenegotiationTest {

    @TempDir
    private Path directory;

    @Test
    void renegotiationIsRefused() throws Exception {
        TestingCertificate certificate = TestingCertificate.forName("localhost");
        Path chain = Files.writeString(directory.resolve("chain.pem"), certificate.pem());
        Path key = Files.writeString(directory.resolve("private.pem"), certificate.key());
        Process java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        RenegotiationTest.class.getName(),
                        chain.toString(),
                        key.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("once: true, again: false\n");
    }

    /** Prints the results of the first and the second handshake of a TLS 1.2 client. */
    public static void main(String[] files) throws Exception {
        ServerIdentity identity = ServerIdentity.read(
                Files.readAllBytes(Path.of(files[0])), Files.readAllBytes(Path.of(files[1])), Instant.now());
        SslHandler tls = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .protocols("TLSv1.2")
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null)
                .build()
                .newHandler(ByteBufAllocator.DEFAULT);
        EmbeddedChannel server = new EmbeddedChannel(identity.handler(ByteBufAllocator.DEFAULT));
        EmbeddedChannel client = new EmbeddedChannel(tls);
        exchange(client, server);
        boolean once = tls.handshakeFuture().isSuccess();
        Future<?> again = tls.renegotiate();
        exchange(client, server);
        System.out.print("once: " + once + ", again: " + again.isSuccess() + "\n");
    }

    private static void exchange(EmbeddedChannel client, EmbeddedChannel server) {
        boolean more = true;
        while (more) {
            more = handOver(client, server) | handOver(server, client);
        }
    }

    private static boolean handOver(EmbeddedChannel from, EmbeddedChannel to) {
        from.runPendingTasks();
        ByteBuf bytes = from.readOutbound();
        if (bytes == null) {
            return false;
        }
        if (!to.isOpen()) {
            bytes.release();
            return true;
        }
        try {
            to.writeInbound(bytes);
        } catch (DecoderException e) {
            to.close(); // an alert has said so
        }
        return true;
    }
}
