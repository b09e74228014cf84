package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.ManualScheduler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests real connections to a real server; only the time passes by hand. */
@Timeout(300)
final class IdleConnectionLimiterTest {

    private static final byte[] MEGABYTE = new byte[1 << 20];

    private final ManualScheduler time = new ManualScheduler();
    private final IdleConnectionLimiter crowd = new IdleConnectionLimiter(time);
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final CompletableFuture<IOException> cutOff = new CompletableFuture<>();
    private Server server;
    private ServerConnector connector;

    @BeforeEach
    void start() throws Exception {
        QueuedThreadPool threads = new QueuedThreadPool(8, 1);
        threads.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor("crowd"));
        server = new Server(threads);
        connector = new ServerConnector(server, 1, 1);
        connector.addBean(crowd);
        connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
        connector.setIdleTimeout(0); // otherwise the idle timeout would cut them off
        server.addConnector(connector);
        server.setHandler(new LargeAnswerHandler());
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        goOn.countDown();
        server.stop();
    }

    /** Answers with more than an unread connection can buffer. */
    private final class LargeAnswerHandler extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            crowd.requestBegun(request);
            String path = Request.getPathInContext(request);
            if (path.equals("/short")) {
                response.write(true, null, callback);
                return true;
            }
            if (path.equals("/stream")) {
                crowd.streamBegun(request);
            }
            try (OutputStream out = Content.Sink.asOutputStream(response)) {
                out.write('a');
                out.flush();
                begun.countDown();
                goOn.await();
                while (path.equals("/long")) {
                    out.write(MEGABYTE);
                }
                out.write('z');
            } catch (IOException e) {
                cutOff.complete(e);
            }
            callback.succeeded();
            return true;
        }
    }

    private Socket ask(String path) throws IOException {
        Socket line = new Socket(InetAddress.getLoopbackAddress(), connector.getLocalPort());
        line.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        return line;
    }

    @Test
    void anUnreadAnswerIsCutOff() throws Exception {
        try (Socket line = ask("/long")) {
            begun.await();
            goOn.countDown();
            time.pass(IdleConnectionLimiter.ANSWER.minusMillis(1));
            assertThat(cutOff).isNotDone();
            assertThat(line.getInputStream().read()).isEqualTo('H'); // it is read, one letter a minute
            time.pass(Duration.ofMillis(1));
            assertThat(cutOff.get()).isNotNull();
        }
    }

    @Test
    void aWatchedStreamIsNotCutOff() throws Exception {
        try (Socket line = ask("/stream")) {
            begun.await();
            time.pass(IdleConnectionLimiter.ANSWER.multipliedBy(10));
            goOn.countDown();
            assertThat(read(line, 'z')).isTrue();
            assertThat(cutOff).isNotDone();
        }
    }

    /** An answer in time must leave no task that closes the connection later. */
    @Test
    void aFinishedAnswerDoesNotLimitTheNext() throws Exception {
        try (Socket line = ask("/short")) {
            assertThat(read(line, '\n')).isTrue();
            line.getOutputStream().write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            begun.await();
            time.pass(IdleConnectionLimiter.ANSWER.multipliedBy(10));
            goOn.countDown();
            assertThat(read(line, 'z')).isTrue();
        }
    }

    private static boolean read(Socket line, char until) throws IOException {
        for (int c = line.getInputStream().read();
                c >= 0;
                c = line.getInputStream().read()) {
            if (c == until) {
                return true;
            }
        }
        return false;
    }
}
