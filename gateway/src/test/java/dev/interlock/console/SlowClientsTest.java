package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.testing.ManualScheduler;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.WaitLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the console itself with slow real connections; only the time passes by hand. */
@Timeout(300)
final class SlowClientsTest {

    private static final Duration MOMENT = Duration.ofMillis(1);

    /** The milliseconds after which a test that would wait for ever fails. */
    private static final int GIVEN_UP = 30_000;

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final ManualScheduler time = new ManualScheduler();
    private final RecordingCommands commands = new RecordingCommands();
    private final List<Socket> lines = new ArrayList<>();
    private int port;
    private Server server;

    @BeforeEach
    void open() throws Exception {
        commands.answer("login.methods", Json.object());
        commands.answer("login.options", Json.object().with("login", "one"));
        start(Optional.empty());
    }

    private void start(Optional<SSLContext> tls) throws Exception {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        URI origin = URI.create((tls.isPresent() ? "https" : "http") + "://localhost:" + port);
        Console.ConsoleAddress place =
                new Console.ConsoleAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), origin, tls);
        Sessions sessions = new Sessions(origin, () -> {}, clock, new SecureRandom(), _ -> true);
        server = Console.server(place, commands, sessions, clock, Optional.of(time));
        server.start();
    }

    @AfterEach
    void close() throws Exception {
        commands.release();
        for (Socket line : lines) {
            line.close();
        }
        server.stop();
    }

    private Socket line(String said) throws IOException {
        Socket line = new Socket(InetAddress.getLoopbackAddress(), port);
        lines.add(line);
        line.setSoTimeout(GIVEN_UP); // no interrupt ends a read
        say(line, said);
        return line;
    }

    private static void say(Socket line, String what) throws IOException {
        line.getOutputStream().write(what.getBytes(StandardCharsets.US_ASCII));
    }

    /** Waits until exactly these timeouts are set: the sent bytes have arrived then, and are parsed. */
    private void awaitEnds(Duration... ends) {
        awaitEnds(List.of(ends));
    }

    private void awaitEnds(List<Duration> ends) {
        while (!time.planned().equals(ends)) {
            Thread.yield();
        }
    }

    /** Waits until it is closed; under TLS an alert comes first. */
    private static void isCut(Socket line) throws IOException {
        try {
            assertThat(new String(line.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .doesNotContain(" 200 ");
        } catch (SocketException e) {
            // a reset; a wait in vain ends with another exception
        }
    }

    /** Reads one complete answer, after which the connection stays open. */
    private static String answer(Socket line) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            int one = line.getInputStream().read();
            assertThat(one).as("cut off after: %s", head).isNotNegative();
            head.write(one);
        }
        String said = head.toString(StandardCharsets.US_ASCII);
        int length = said.lines()
                .filter(field -> field.startsWith("Content-Length: "))
                .mapToInt(field -> Integer.parseInt(field.substring("Content-Length: ".length())))
                .findFirst()
                .orElse(0);
        assertThat(line.getInputStream().readNBytes(length)).hasSize(length);
        return said;
    }

    private String get() {
        return "GET /signin HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n";
    }

    private String post(String body, String framing) {
        return "POST /signin/options HTTP/1.1\r\nHost: localhost:" + port + "\r\nOrigin: http://localhost:" + port
                + "\r\nContent-Type: application/x-www-form-urlencoded\r\n" + framing + "\r\n\r\n" + body;
    }

    // Heads.

    @Test
    void aHeadThatNeverEndsIsCutOffHoweverItTrickles() throws IOException {
        Socket line = line("GET /signin HT");
        awaitEnds(IdleConnectionLimiter.FIRST);
        for (char letter : "TP/1.".toCharArray()) {
            say(line, String.valueOf(letter));
            time.pass(IdleConnectionLimiter.FIRST.dividedBy(5));
        }
        isCut(line);
        assertThat(commands.calls).isEmpty();
    }

    @Test
    void aHeadThatEndsInTimeIsAnswered() throws IOException {
        String said = get();
        Socket line = line(said.substring(0, 20));
        awaitEnds(IdleConnectionLimiter.FIRST);
        time.pass(IdleConnectionLimiter.FIRST.minus(MOMENT));
        say(line, said.substring(20));
        assertThat(answer(line)).startsWith("HTTP/1.1 200");
    }

    @Test
    void aSilentConnectionIsCutOff() throws IOException {
        Socket line = line("");
        awaitEnds(IdleConnectionLimiter.FIRST);
        time.pass(IdleConnectionLimiter.FIRST);
        isCut(line);
    }

    @Test
    void aHandshakeThatNeverEndsIsCutOff() throws Exception {
        server.stop();
        start(Optional.of(TestingCertificate.forName("localhost").serving()));
        Socket silent = line("");
        Socket begun = line("\u0016\u0003\u0001");
        awaitEnds(IdleConnectionLimiter.FIRST, IdleConnectionLimiter.FIRST);
        time.pass(IdleConnectionLimiter.FIRST);
        isCut(silent);
        isCut(begun);
    }

    // Idle connections.

    @Test
    void anIdleConnectionIsKeptForALimitedTime() throws IOException {
        Socket line = line(get());
        assertThat(answer(line)).startsWith("HTTP/1.1 200");
        awaitEnds(IdleConnectionLimiter.NEXT);
        time.pass(IdleConnectionLimiter.NEXT.minus(MOMENT));
        say(line, get());
        assertThat(answer(line)).startsWith("HTTP/1.1 200");
        awaitEnds(IdleConnectionLimiter.NEXT);
        time.pass(IdleConnectionLimiter.NEXT);
        isCut(line);
    }

    @Test
    void theLongestIdleConnectionIsClosedFirst() throws IOException {
        Socket oldest = line("GET /");
        awaitEnds(IdleConnectionLimiter.FIRST);
        Socket second = line("GET /");
        awaitEnds(IdleConnectionLimiter.FIRST, IdleConnectionLimiter.FIRST);
        for (int i = 2; i < IdleConnectionLimiter.MAX_WAITING; i++) {
            line("GET /");
            awaitEnds(Collections.nCopies(i + 1, IdleConnectionLimiter.FIRST));
        }
        line("GET /");
        isCut(oldest);
        say(second, get().substring("GET /".length()));
        assertThat(answer(second)).startsWith("HTTP/1.1 200");
    }

    // Bodies.

    @Test
    void aBodyThatStallsIsCutOffAndNothingIsDone() throws IOException {
        for (String half :
                List.of(post("a=", "Content-Length: 100"), post("2\r\na=\r\n", "Transfer-Encoding: chunked"))) {
            Socket line = line(half);
            awaitEnds(IdleConnectionLimiter.FORM, IdleConnectionLimiter.ANSWER);
            say(line, half.contains("chunked") ? "1\r\nb\r\n" : "b");
            time.pass(IdleConnectionLimiter.FORM);
            isCut(line);
            awaitEnds();
        }
        assertThat(commands.calls).isEmpty();
    }

    @Test
    void aTimelyBodyIsReadAndItsTimeoutCancelled() throws IOException {
        Socket line = line(post("a=", "Content-Length: 3"));
        awaitEnds(IdleConnectionLimiter.FORM, IdleConnectionLimiter.ANSWER);
        time.pass(IdleConnectionLimiter.FORM.minus(MOMENT));
        say(line, "b");
        assertThat(answer(line)).startsWith("HTTP/1.1 200");
        assertThat(commands.calls).hasSize(1);
        awaitEnds(IdleConnectionLimiter.NEXT);
        time.pass(IdleConnectionLimiter.FORM);
        say(line, get());
        assertThat(answer(line)).startsWith("HTTP/1.1 200");
    }

    // All together.

    /** Returns whether one of {@code localhost}'s two addresses is full; all clients use the same one. */
    private boolean isFull() {
        int connected = 0;
        boolean accepts = false;
        for (Connector connector : server.getConnectors()) {
            connected += connector.getConnectedEndPoints().size();
            accepts |= ((ServerConnector) connector).isAccepting();
        }
        assertThat(connected).isLessThanOrEqualTo(Console.MAX_CONNECTIONS);
        return !accepts && connected == Console.MAX_CONNECTIONS;
    }

    /** A request that is being answered is not cut off for others; these wait, and have their turn later. */
    @Test
    void aConnectionBeyondTheLimitWaits() throws IOException {
        commands.goOn("login.options");
        String whole = post("", "Content-Length: 0\r\nConnection: close");
        for (int i = 0; i < Console.MAX_CONNECTIONS; i++) {
            line(whole);
            while (commands.calls.size() <= i) { // the kernel drops connections that come faster than they are accepted
                WaitLoop.pause();
            }
        }
        while (!isFull()) {
            WaitLoop.pause();
        }
        Socket late = line(get());
        assertThat(isFull()).isTrue();
        commands.releaseOne();
        assertThat(answer(late)).startsWith("HTTP/1.1 200");
    }
}
