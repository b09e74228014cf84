package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.front.postgres.sql.ReadStatement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The server's catalogs, as one session sees them. An answer is used again while the session has the same role and path
 * and sees the work of the same transactions, and has changed nothing itself. Threading: the session's thread.
 */
final class Catalogs {

    private static final int MAX_KNOWN = 200;

    private final ServerPump pump;
    private final Map<ByteBuffer, ServerFacts> known = new HashMap<>();
    private boolean isPrepared;
    /** Whether the present transaction, or the last one, has done more than to read. */
    private boolean isChanged;

    Catalogs(ServerPump pump) {
        this.pump = pump;
    }

    /** @param isOpen whether the client has begun something, which a sync would end */
    ServerFacts ask(Set<ReadStatement> statements, boolean areBodies, boolean isOpen)
            throws IOException, Batch.RejectedException {
        Message names = CatalogQuery.names(statements, areBodies);
        ByteBuffer key = ByteBuffer.wrap(names.payload());
        if (isChanged) {
            known.clear();
            isChanged = pump.status() != 'I' || isOpen;
        }
        ServerFacts before = known.get(key);
        if (before != null
                && before.epoch()
                        .equals(CatalogQuery.values(
                                rows(CatalogQuery.askEpoch(), isOpen).getFirst()))) {
            return before;
        }
        List<Message> question = new ArrayList<>();
        if (!isPrepared) {
            question.addAll(CatalogQuery.prepare());
        }
        question.addAll(CatalogQuery.ask(names));
        ServerFacts facts = CatalogQuery.read(rows(question, isOpen));
        if (known.size() >= MAX_KNOWN) {
            known.clear();
        }
        known.put(key, facts);
        return facts;
    }

    private List<Message> rows(List<Message> question, boolean isOpen) throws IOException, Batch.RejectedException {
        List<Message> ended = new ArrayList<>(question);
        ended.add(Message.of(isOpen ? 'H' : 'S').build());
        List<Message> answers = pump.ask(ended, !isOpen);
        isPrepared = answers.stream().noneMatch(answer -> answer.type() == 'E');
        if (!isPrepared) {
            throw Batch.rejected(
                    Answers.UNAVAILABLE,
                    "the server's catalogs do not say what the names stand for",
                    "Names are `database.schema.table` at most, and the role must be allowed to use the schema.");
        }
        return answers.stream().filter(answer -> answer.type() == 'D').toList();
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
        isPrepared &=
                !forgets && actions.stream().allMatch(action -> ActionWriter.UNDONE.containsAll(action.impacts()));
        return (isChanged && statements.stream().anyMatch(ReadStatement::redefines))
                || statements.stream().anyMatch(each -> each.session() instanceof ReadStatement.Session.Sets)
                || !isPrepared;
    }
}
