package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Header;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.front.postgres.sql.ReadStatement.Name;
import dev.interlock.gate.Credential;
import dev.interlock.gate.LocalUpstream;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.StateUndo;
import dev.interlock.gate.Upstream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Undoes statements whose rows or tables are kept: all in one transaction, or nothing. Threading: any. */
public record DatabaseUndo(UpstreamTls tls, SecureRandom random) {

    private static final int MAX_SHOWN = 10;

    public static boolean isFor(Seal.Upstream upstream) {
        return upstream.catalog().equals(ActionWriter.PROVIDER);
    }

    /**
     * Returns the SQL after which {@code agent} moves tables of {@code owner} instead of dropping them, and
     * {@code look} may have dropped what has expired. At most so many bytes are kept at once.
     */
    public static String quarantine(String owner, String agent, String look, long bytes) throws IOException {
        try (InputStream text = Objects.requireNonNull(DatabaseUndo.class.getResourceAsStream("quarantine.sql"))) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("OWNER_ROLE", new Name(List.of(owner)).quoted())
                    .replace("AGENT_ROLE", new Name(List.of(agent)).quoted())
                    .replace("LOOK_ROLE", new Name(List.of(look)).quoted())
                    .replace("MOST_BYTES", Long.toString(bytes));
        }
    }

    /** Returns the way to undo a statement; empty if {@code state} is not of one. */
    public Optional<StateUndo> undo(Seal.Upstream upstream, Bytes state) {
        String database = ServerConnection.database(upstream.address());
        return RowImages.read(state)
                .map(images -> undo(upstream, state, images.names(), images.restoring(database)))
                .or(() -> Quarantine.read(state)
                        .map(moved -> undo(upstream, state, moved.names(), moved.restored(database))));
    }

    private static StateUndo undo(Seal.Upstream upstream, Bytes state, List<String> names, List<Action> actions) {
        Call call = new SqlCall(
                ServerConnection.authority(upstream.address()),
                ServerConnection.database(upstream.address()),
                List.of(),
                state,
                actions);
        return new StateUndo(names, List.of(), List.of(), () -> call, !names.isEmpty());
    }

    /** Returns the way of one call of {@link #undo} to {@code upstream}. */
    public Upstream<?> passage(Seal.Upstream upstream) {
        return new Passage(this, upstream);
    }

    /** Threading: one thread's, but for {@link #cut}. */
    private static final class Passage implements LocalUpstream<Long> {

        private final DatabaseUndo undo;
        private final Seal.Upstream upstream;
        private volatile @Nullable ServerConnection open;
        private volatile boolean isCut;

        private Passage(DatabaseUndo undo, Seal.Upstream upstream) {
            this.undo = undo;
            this.upstream = upstream;
        }

        @Override
        public Long forward(Call outgoing, Credential credential) throws IOException {
            Optional<RowImages> images = RowImages.read(outgoing.body());
            Optional<Quarantine> moved = Quarantine.read(outgoing.body());
            if (images.isEmpty() && moved.isEmpty()) {
                throw new NotSentException("the call is no undo of a statement");
            }
            boolean isCommitting = false;
            try (ServerConnection server = connect(credential)) {
                open = server;
                if (isCut) {
                    throw new NotSentException("the call was stopped");
                }
                String begin =
                        moved.isPresent() ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ"; // who locks sees all
                if (ask(server, List.of(begin)).status() != 'T') {
                    throw new ProtocolException("the database begins no transaction");
                }
                long rows = moved.isPresent() ? restore(server, moved.get()) : restore(server, images.orElseThrow());
                isCommitting = true;
                ServerPump.Asked ended = ask(server, List.of("COMMIT"));
                boolean isCommitted = ended.messages().stream()
                        .anyMatch(message ->
                                message.type() == 'C' && ServerPump.tag(message).equals("COMMIT"));
                if (!isCommitted) {
                    throw refused("the database refuses it (" + ended.state() + ")");
                }
                return rows;
            } catch (NotSentException e) {
                throw e;
            } catch (IOException e) {
                if (isCommitting) {
                    throw e;
                }
                throw new NotSentException("the rows could not be put back: " + e.getMessage(), e);
            }
        }

        private ServerConnection connect(Credential credential) throws IOException {
            String secret = credential
                    .headerFor(upstream.address())
                    .map(Header::value)
                    .orElseThrow(() -> new NotSentException("the upstream has no credential"));
            Map<String, String> settings = new TreeMap<>(RowRestoration.SETTINGS);
            settings.put("statement_timeout", "60s");
            settings.put("lock_timeout", "5s");
            return ServerConnection.open(
                    new ServerAddress(upstream.address(), undo.tls().trusting(upstream.ca())),
                    ServerConnection.Role.read(secret),
                    settings,
                    undo.random());
        }

        private static long restore(ServerConnection server, RowImages images) throws IOException {
            RowRestoration restoration = new RowRestoration(images);
            ServerPump.Asked states = ask(server, List.of(images.states()));
            if (states.hasFailed() || states.rows().contains(List.of("aborted"))) {
                throw refused("its transaction was rolled back, or is none of this server");
            }
            List<String> changed = restoration.changed(server::ask);
            if (!changed.isEmpty()) {
                throw refused("somebody has changed this since: "
                        + String.join(", ", changed.subList(0, Math.min(MAX_SHOWN, changed.size())))
                        + (changed.size() > MAX_SHOWN ? " and " + (changed.size() - MAX_SHOWN) + " more" : ""));
            }
            Optional<String> obstacle = restoration.restore(server::ask);
            if (obstacle.isPresent()) {
                throw refused(obstacle.get());
            }
            return images.tables().stream()
                    .mapToLong(table -> table.rows().size())
                    .sum();
        }

        private static long restore(ServerConnection server, Quarantine moved) throws IOException {
            ServerPump.Asked back = ask(server, List.of(moved.restoring()));
            if (back.hasFailed()) {
                throw refused(Quarantine.reason(back));
            }
            return moved.tables().stream().mapToLong(Quarantine.Moved::rows).sum();
        }

        private static NotSentException refused(String reason) {
            return new NotSentException(Refusal.denied(
                    "Nothing was put back: " + reason + ".",
                    "Nothing has changed. Look at what is there now; no option overwrites it.",
                    List.of()));
        }

        private static ServerPump.Asked ask(ServerConnection server, List<String> commands) throws IOException {
            return server.ask(CatalogQuery.asking(commands.toArray(String[]::new)));
        }

        @Override
        public void cut() {
            isCut = true;
            ServerConnection server = open;
            if (server != null) {
                try {
                    server.close();
                } catch (IOException _) {
                    // it is closed
                }
            }
        }

        @Override
        public AnswerOutcome ending(Long answer) {
            return new AnswerOutcome(Receipt.Result.DONE, Json.object().with("rows", answer), Optional.empty());
        }
    }
}
