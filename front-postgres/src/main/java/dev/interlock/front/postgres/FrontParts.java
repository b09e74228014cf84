package dev.interlock.front.postgres;

import dev.interlock.action.Seal;
import dev.interlock.front.postgres.sql.SqlReader;
import dev.interlock.gate.Handler;
import dev.interlock.gate.ProbeMarks;
import java.io.IOException;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocket;

/**
 * What the sessions of a front share. Threading: any.
 *
 * @param tls makes connections of clients encrypted; empty if they are not
 * @param upstreamTls trusts the certificates of databases
 */
record FrontParts(
        Supplier<Collection<Seal.Upstream>> upstreams,
        Handler gate,
        SqlReader reader,
        MessageMemory messages,
        Optional<ClientTls> tls,
        UpstreamTls upstreamTls,
        InstantSource clock,
        SecureRandom random,
        Map<StartupPacket.CancelKey, ClientSession> sessions,
        ProbeMarks marks) {

    private static final int OLD_KEY = 4;
    private static final int NEW_KEY = 32;

    FrontParts(
            Supplier<Collection<Seal.Upstream>> upstreams,
            Handler gate,
            Optional<ClientTls> tls,
            UpstreamTls upstreamTls,
            InstantSource clock,
            SecureRandom random) {
        this(
                upstreams,
                gate,
                new SqlReader(),
                new MessageMemory(),
                tls,
                upstreamTls,
                clock,
                random,
                new ConcurrentHashMap<>(),
                new ProbeMarks());
    }

    Instant now() {
        return clock.instant();
    }

    boolean hasTls() {
        return tls.isPresent();
    }

    SSLSocket encrypted(Socket socket, byte[] read) throws IOException {
        SSLSocket secured = tls.orElseThrow(() -> new ProtocolException("this listener has no certificate"))
                .accept(socket, read);
        secured.startHandshake();
        return secured;
    }

    List<Seal.Upstream> databases() {
        return upstreams.get().stream()
                .filter(each -> each.catalog().equals(ActionWriter.PROVIDER))
                .toList();
    }

    /** Returns the upstream that {@code database} names: by its own name, or by that of its database. */
    Seal.Upstream upstream(String database) throws ProtocolException {
        List<Seal.Upstream> all = databases();
        List<Seal.Upstream> found =
                all.stream().filter(each -> each.name().equals(database)).toList();
        if (found.isEmpty()) {
            found = all.stream()
                    .filter(each -> ServerConnection.database(each.address()).equals(database))
                    .toList();
        }
        if (found.size() != 1) {
            throw new ProtocolException("`dbname` is to be the name of an upstream: "
                    + String.join(", ", all.stream().map(Seal.Upstream::name).toList()));
        }
        return found.getFirst();
    }

    StartupPacket.CancelKey register(ClientSession session, int minor) {
        byte[] secret = new byte[minor >= 2 ? NEW_KEY : OLD_KEY];
        while (true) {
            random.nextBytes(secret);
            StartupPacket.CancelKey key = StartupPacket.CancelKey.of(random.nextInt(1, Integer.MAX_VALUE), secret);
            if (sessions.putIfAbsent(key, session) == null) {
                return key;
            }
        }
    }

    void unregister(StartupPacket.CancelKey key) {
        sessions.remove(key);
    }

    void cancel(StartupPacket.CancelKey key) {
        ClientSession session = sessions.get(key);
        if (session != null) {
            session.cancel();
        }
    }
}
