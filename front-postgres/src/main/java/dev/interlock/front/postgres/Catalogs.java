package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.front.postgres.sql.ReadStatement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The server's catalogs, as one session sees them. An answer is used again while the session has the same role and path
 * and sees the work of the same transactions, and has changed nothing itself. A transaction that keeps its snapshot
 * does not see what others have defined since, but runs it all the same: for that, another session is asked as well.
 * Threading: the session's thread.
 */
final class Catalogs {

    private static final int MAX_KNOWN = 200;

    /** How often the session asks first after it was wrong. */
    private static final int ASKED_FIRST = 100;

    /** Opens a session like the client's. */
    @FunctionalInterface
    interface SecondSession {
        ServerConnection open() throws IOException;
    }

    /** Sends a question without its end, and returns the answer. */
    @FunctionalInterface
    private interface Asker {
        List<Message> ask(List<Message> question) throws IOException, Batch.RejectedException;
    }

    private static final class Session {
        private final Map<ByteBuffer, ServerFacts> known = new HashMap<>();
        private boolean isPrepared;
    }

    private final ServerPump pump;
    private final SecondSession second;
    private final IdentityHashMap<ReadStatement, Message> names = new IdentityHashMap<>();
    private final Session own = new Session();
    private final Session others = new Session();
    private @Nullable ServerConnection other;
    /** Whether the present transaction, or the last one, has done more than to read. */
    private boolean isChanged;
    /** How often it still asks before it believes what it knows. */
    private int askedFirst;

    Catalogs(ServerPump pump, SecondSession second) {
        this.pump = pump;
        this.second = second;
    }

    /** @param isOpen whether the client has begun something, which a sync would end */
    ServerFacts ask(Set<ReadStatement> statements, boolean areBodies, boolean isOpen)
            throws IOException, Batch.RejectedException {
        Message named = names(statements, areBodies);
        if (isChanged) {
            own.known.clear();
            isChanged = pump.status() != 'I' || isOpen;
        }
        ServerFacts seen = ask(own, named, List.of(), question -> {
            question.add(Message.of(isOpen ? 'H' : 'S').build());
            return pump.ask(question, !isOpen);
        });
        return seen.keepsSnapshot() && (isOpen || pump.status() != 'I')
                ? ask(others, named, CatalogQuery.like(seen.epoch()), this::askOther)
                        .and(seen)
                : seen;
    }

    /** Returns what it knows of {@code statement}, which the server can be had to check as it runs it, if it may. */
    Optional<ServerFacts> believed(ReadStatement statement) {
        boolean asks = askedFirst > 0 || isChanged || !own.isPrepared || pump.status() != 'I';
        askedFirst -= askedFirst > 0 ? 1 : 0;
        return asks
                ? Optional.empty()
                : Optional.ofNullable(own.known.get(
                        ByteBuffer.wrap(names(Set.of(statement), false).payload())));
    }

    /** Says that what it knew no longer held. */
    void disbelieve() {
        askedFirst = ASKED_FIRST;
    }

    private Message names(Set<ReadStatement> statements, boolean areBodies) {
        if (areBodies || statements.size() > 1) {
            return CatalogQuery.names(statements, areBodies);
        }
        if (names.size() >= MAX_KNOWN) {
            names.clear();
        }
        return names.computeIfAbsent(statements.iterator().next(), one -> CatalogQuery.names(Set.of(one), false));
    }

    private List<Message> askOther(List<Message> question) throws Batch.RejectedException {
        question.add(Message.of('S').build());
        try {
            if (other == null) {
                other = second.open();
            }
            ServerPump.Asked answer = other.ask(question);
            if (answer.isCut()) {
                throw new ProtocolException("the answer is too long");
            }
            return answer.messages();
        } catch (IOException e) {
            other = null; // it ends with the client's session
            others.isPrepared = false;
            throw Batch.rejected(
                    Answers.UNAVAILABLE,
                    "what others have defined since the transaction began cannot be asked: " + e.getMessage(),
                    "Try again in a new transaction.");
        }
    }

    private static ServerFacts ask(Session session, Message names, List<Message> before, Asker asker)
            throws IOException, Batch.RejectedException {
        ByteBuffer key = ByteBuffer.wrap(names.payload());
        ServerFacts known = session.known.get(key);
        if (known != null
                && known.epoch()
                        .equals(ServerFacts.Epoch.of(
                                CatalogQuery.values(rows(session, before, CatalogQuery.askEpoch(), asker)
                                        .getLast())))) {
            return known;
        }
        ServerFacts facts = CatalogQuery.read(rows(session, before, CatalogQuery.ask(names), asker));
        if (session.known.size() >= MAX_KNOWN) {
            session.known.clear();
        }
        session.known.put(key, facts);
        return facts;
    }

    private static List<Message> rows(Session session, List<Message> before, List<Message> question, Asker asker)
            throws IOException, Batch.RejectedException {
        List<Message> all = new ArrayList<>(session.isPrepared ? List.of() : CatalogQuery.prepare());
        all.addAll(before);
        all.addAll(question);
        List<Message> answers = asker.ask(all);
        session.isPrepared = answers.stream().noneMatch(answer -> answer.type() == 'E');
        if (!session.isPrepared) {
            throw Batch.rejected(
                    Answers.UNAVAILABLE,
                    "the server's catalogs do not say what the names stand for",
                    "Names are `database.schema.table` at most, and the role must be allowed to use the schema.");
        }
        return answers.stream()
                .filter(answer -> answer.type() == 'D')
                .skip(before.isEmpty() ? 0 : 1)
                .toList();
    }

    /**
     * Says what the session does. Only what reads leaves them as they are; unknown code may also drop what is prepared.
     * Returns whether it may have defined something.
     */
    boolean note(Set<ReadStatement> statements, List<Action> actions) {
        boolean forgets = statements.stream().anyMatch(each -> each.session() instanceof ReadStatement.Session.Forgets);
        isChanged |= forgets
                || !actions.stream().allMatch(Action::isPureRead)
                || !statements.stream().allMatch(each -> each.tags().isEmpty());
        own.isPrepared &=
                !forgets && actions.stream().allMatch(action -> ActionWriter.UNDONE.containsAll(action.impacts()));
        return (isChanged && statements.stream().anyMatch(ReadStatement::redefines))
                || statements.stream().anyMatch(each -> each.session() instanceof ReadStatement.Session.Sets)
                || !own.isPrepared;
    }
}
