package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Loopback;
import dev.interlock.evidence.Receipt;
import dev.interlock.front.tls.TrustedRoots;
import dev.interlock.gate.AnswerScreen;
import dev.interlock.gate.Credential;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.ResponseRedactor;
import dev.interlock.gate.Upstream;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Sends calls to upstreams over HTTP/1.1, or HTTP/2 if an upstream picks that or the seal says so. Each call is written
 * anew, with the credential in its slot. It never goes to another host, never in the clear beyond loopback, and never
 * twice. It follows no redirect. Threading: any number of threads; each call blocks its own.
 */
public final class UpstreamClient implements AutoCloseable {

    /** Maximum bytes that {@link #ask} reads: the largest listing of a provider has some hundreds of kilobytes. */
    static final int MAX_ASKED = 4 * 1024 * 1024;

    private static final Set<Integer> LEFT_OPEN = Set.of(301, 302, 406, 408, 499);

    private final RedactedAnswer redactedAnswers = new RedactedAnswer();
    private final ScreenedAnswer screenedAnswers = new ScreenedAnswer();
    private final AnswerMemory memory = new AnswerMemory();
    private final UpstreamLimits limits;
    private final EventLoopGroup loops;

    /** Agents read pages of some dozen hosts. With more, the connections to all of those are forgotten. */
    private static final int MAX_POOLS = 256;

    // By address without a path. A connection accepted under another CA is not reused.
    private final ConcurrentHashMap<UpstreamServer, UpstreamPool> pools = new ConcurrentHashMap<>();

    /** Creates a client with the default limits. It keeps threads and connections until it is closed. */
    public UpstreamClient() {
        this(UpstreamLimits.DEFAULT, newEventLoops());
    }

    UpstreamClient(UpstreamLimits limits, EventLoopGroup loops) {
        this.limits = limits;
        this.loops = loops;
    }

    EventLoopGroup loops() {
        return loops;
    }

    /** Returns one thread per processor. They never wait, so more would only wake each other. */
    static EventLoopGroup newEventLoops() {
        return new MultiThreadIoEventLoopGroup(Runtime.getRuntime().availableProcessors(), NioIoHandler.newFactory());
    }

    /** Returns the passage of one call that the gateway itself makes, whose answer nobody reads. */
    public Upstream<?> passage(UpstreamRoutes.UpstreamRoute route, Optional<McpReader.SeparatedMessage> message) {
        UpstreamExchange exchange = to(route);
        exchange.setMessage(message);
        exchange.markOwn();
        return exchange;
    }

    /** Sends {@code call} of the gateway's own, and returns the session that the answer names. */
    public Optional<String> tell(UpstreamRoutes.UpstreamRoute route, HttpCall call, Credential credential)
            throws IOException {
        try (UpstreamAnswer answer = send(route.server(), call, credential, to(route))) {
            if (answer.status() >= 300 || answer.whole(MAX_ASKED).isEmpty()) {
                throw new IOException("the upstream answered with status `" + answer.status() + "`");
            }
            return answer.values(UpstreamExchange.SESSION).stream().findFirst();
        }
    }

    UpstreamExchange to(UpstreamRoutes.UpstreamRoute route) {
        return to(route, "");
    }

    /** Does the same for a call from the place {@code holder}, or from the shared listeners if that is empty. */
    UpstreamExchange to(UpstreamRoutes.UpstreamRoute route, String holder) {
        return new UpstreamExchange(this, route, holder);
    }

    /**
     * Returns the result that a status proves. A 4xx says that the request was turned away and nothing was done, if it
     * is one deed. A 5xx may come from something in between, and proves nothing. The same holds for three of the 4xx,
     * which servers also send after they have begun. 406: a framework may notice only while it writes the answer that
     * its type is not accepted, and {@code Accept} is the agent's. 408: the server's own work took too long (RFC 9110
     * §15.5.9 means the request; databases behind HTTP mean the work). 499 stands for a cancelled call.
     *
     * <p>A redirect asks for another request, so nothing was done here (RFC 9110 §15.4). There are three exceptions:
     * 303 points to the result, and 304 says that the reader has it. Many servers send 301 or 302 after they have done
     * it.
     */
    static Receipt.Result result(int status) {
        if (status < 300 || status == 303 || status == 304) {
            return Receipt.Result.DONE;
        }
        return status < 500 && !LEFT_OPEN.contains(status) ? Receipt.Result.FAILED : Receipt.Result.UNKNOWN;
    }

    /** Sends {@code call} and reads the whole answer, of at most 4 MiB, for the gateway's own questions. */
    public Bytes ask(UpstreamRoutes.UpstreamRoute route, HttpCall call, Credential credential) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        download(route, call, credential, body, MAX_ASKED);
        return Bytes.owning(body.toByteArray());
    }

    /** Sends {@code call} and writes its answer to {@code out}. Throws if it is longer, or its status is not 200. */
    public void download(
            UpstreamRoutes.UpstreamRoute route, HttpCall call, Credential credential, OutputStream out, long most)
            throws IOException {
        try (UpstreamAnswer answer = send(route.server(), call, credential, to(route))) {
            if (answer.status() != 200) {
                throw new IOException("the upstream answered with status `" + answer.status() + "`");
            }
            long length = 0;
            for (Optional<byte[]> piece = answer.next(); piece.isPresent(); piece = answer.next()) {
                length += piece.get().length;
                if (length > most) {
                    throw new IOException("the upstream's answer is longer than " + most + " bytes");
                }
                out.write(piece.get());
            }
        }
    }

    UpstreamAnswer redacted(UpstreamAnswer answer, ResponseRedactor redactor, String holder) throws IOException {
        return redactedAnswers.of(answer, redactor, holder);
    }

    UpstreamAnswer screened(
            UpstreamAnswer answer,
            AnswerScreen screen,
            Optional<McpReader.SeparatedMessage> asked,
            String holder,
            AnswerMemory.Room room)
            throws IOException {
        return screenedAnswers.of(answer, screen, asked, holder, room);
    }

    /** Returns the room of one answer of {@code server}. */
    AnswerMemory.Room room(UpstreamServer server) {
        return memory.room(server.authority());
    }

    UpstreamAnswer send(UpstreamServer server, HttpCall call, Credential credential, UpstreamExchange passage)
            throws IOException {
        requireSafe(server.address());
        if (server.address().getHost() == null) {
            throw new NotSentException(
                    "it stands for every host; ask for a page by its own address, through the proxy");
        }
        Optional<Header> slot = slot(server.address(), credential);
        FullHttpRequest written = RequestWriter.write(server.address(), call, slot, passage.perTry());
        // Each connection that is tried gets a copy, because a request that was sent may be read to its end.
        UpstreamAnswer answer = pool(server)
                .send(() -> written.replace(Unpooled.wrappedBuffer(call.body().view())), passage);
        return slot.map(secret -> CredentialFilter.clean(answer, credential.forms(secret)))
                .orElse(answer);
    }

    private static Optional<Header> slot(URI address, Credential credential) throws NotSentException {
        try {
            return credential.headerFor(address);
        } catch (IllegalStateException e) {
            throw new NotSentException("the credential is not sealed for this address"); // no cause: it may hold text
        }
    }

    // INVARIANT: a secret leaves this machine under TLS, or not at all; the credential checks the same by itself.
    static void requireSafe(URI address) throws NotSentException {
        boolean safe = switch (address.getScheme()) {
            case "https" -> true;
            case "http" -> isLoopback(address.getHost());
            default -> false;
        };
        if (!safe || address.getRawUserInfo() != null || address.getRawQuery() != null) {
            throw new NotSentException(
                    "the upstream's address is not https, nor http on loopback, or is not a plain address");
        }
    }

    private static boolean isLoopback(String host) {
        if (!host.equalsIgnoreCase("localhost")) {
            return Loopback.isHost(host); // an address, which says by itself where it is
        }
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private UpstreamPool pool(UpstreamServer server) throws IOException {
        URI address = server.address();
        UpstreamServer destination = "".equals(address.getRawPath())
                ? server
                : server.at(URI.create(address.getScheme() + "://" + address.getRawAuthority()));
        if (server.anyHost() && pools.size() > MAX_POOLS) {
            forgetHosts();
        }
        UpstreamPool known = pools.get(destination);
        if (known != null) {
            return known;
        }
        LoopThreads.leave(); // the trusted certificates are read from the disk
        UpstreamPool made = new UpstreamPool(
                new UpstreamAddresses(server.address(), server.inside(), InetAddress::getAllByName),
                tls(server),
                server.priorKnowledge(),
                limits);
        UpstreamPool raced = pools.putIfAbsent(destination, made);
        return raced == null ? made : raced;
    }

    /** Calls in flight keep their connections; idle ones close by themselves. */
    private void forgetHosts() {
        pools.keySet().removeIf(UpstreamServer::anyHost);
    }

    private static Optional<SslContext> tls(UpstreamServer server) throws NotSentException {
        try {
            return server.address().getScheme().equals("https")
                    ? Optional.of(UpstreamTrust.context(server.ca()))
                    : Optional.empty();
        } catch (IOException e) {
            throw new NotSentException("the upstream's certificates cannot be read", e);
        }
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /** The trusted issuers of an upstream's certificate: the system's roots, and those that the seal adds for it. */
    static final class UpstreamTrust {

        private UpstreamTrust() {}

        /**
         * Returns a client context for TLS 1.2 and 1.3 that also checks the host's name, and offers HTTP/2 and
         * HTTP/1.1.
         */
        static SslContext context(Optional<String> ca) throws IOException {
            return builder(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)
                    .protocols("TLSv1.3", "TLSv1.2")
                    .trustManager(TrustedRoots.managers(ca))
                    .endpointIdentificationAlgorithm("HTTPS")
                    .build();
        }

        static SslContextBuilder builder(String... offered) {
            return SslContextBuilder.forClient()
                    .sslProvider(SslProvider.JDK)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            offered));
        }
    }
}
