package dev.interlock.front.postgres;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;

/**
 * Has a database drop for good what was in quarantine for as long as the seal said. Only the database can do that, and
 * only to this, so no credential that destroys is needed.
 */
public final class QuarantineExpiry {

    private static final Map<String, String> SETTINGS =
            Map.of("search_path", "pg_catalog", "statement_timeout", "60s", "lock_timeout", "5s");

    /** Records durably, or throws. */
    @FunctionalInterface
    public interface Recording {
        void record(Json.Members members) throws IOException;
    }

    private QuarantineExpiry() {}

    /**
     * Records each before and after, and returns what is left, in words. {@code credential}, as {@code role:password},
     * needs no right but to say so.
     */
    public static Optional<String> run(URI address, Secret credential, SSLSocketFactory tls, Recording records)
            throws IOException {
        ServerConnection.Role role = ServerConnection.Role.read(credential.use(text -> text));
        try (ServerConnection server =
                ServerConnection.open(new ServerAddress(address, tls), role, SETTINGS, new SecureRandom())) {
            if (ask(server, Quarantine.usable("expire")).rows().isEmpty()) {
                return Optional.empty(); // it has none, or this role is not to do it
            }
            ServerPump.Asked held =
                    ask(server, "SELECT place, names, until, is_over, bytes FROM interlock_quarantine.held()");
            if (held.hasFailed()) {
                throw new ProtocolException("the database does not say what is in quarantine (" + held.state() + ")");
            }
            List<List<String>> left = new ArrayList<>();
            for (List<String> each : held.rows()) {
                if (each.get(3).equals("f")) {
                    left.add(each);
                    continue;
                }
                Json.Members one = Json.object()
                        .with("place", each.get(0))
                        .with("tables", each.get(1))
                        .with("until", each.get(2));
                records.record(one.with("result", "begun"));
                String dropping = "SELECT interlock_quarantine.expire(" + Measurement.quoted(each.getFirst()) + ")";
                ServerPump.Asked done = ask(server, dropping);
                records.record(
                        done.hasFailed()
                                ? one.with("result", "failed").with("reason", Quarantine.reason(done))
                                : one.with("result", "dropped"));
            }
            return left.isEmpty() ? Optional.empty() : Optional.of(words(left));
        }
    }

    private static String words(List<List<String>> left) {
        long bytes =
                left.stream().mapToLong(each -> Long.parseLong(each.get(4))).sum();
        return left.size() + " (" + (bytes >> 20) + " MB, first until "
                + left.getFirst().get(2) + ")";
    }

    private static ServerPump.Asked ask(ServerConnection server, String text) throws IOException {
        return server.ask(CatalogQuery.asking(text));
    }
}
