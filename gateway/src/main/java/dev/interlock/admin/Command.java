package dev.interlock.admin;

import dev.interlock.adminapi.AdminCommand;
import dev.interlock.adminapi.AgentNaming;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminapi.Question;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.util.function.Function;

/** A command: its name on the wire and in receipts, who may use it, what reads its question, what carries it out. */
public record Command<Q>(String name, Entitlement users, Function<Json.Members, Q> reader, Handler<Q> handler) {

    /** Carries out one command, for a peer who may use it, and passes every result to {@link AdminRequest#answers}. */
    @FunctionalInterface
    public interface Handler<Q> {

        /** Does it, or throws {@link AdminRefusedException} if it cannot be done as asked; then nothing was changed. */
        void handle(AdminRequest<Q> request) throws AdminRefusedException, LedgerUnavailableException;
    }

    /** Carries out one command that has exactly one result. */
    @FunctionalInterface
    public interface Answering<Q, A> {
        A handle(AdminRequest<Q> request) throws AdminRefusedException, LedgerUnavailableException;
    }

    /** The command of {@code question}, with exactly one result. */
    public static <Q extends Record & Question<A>, A extends Record> Command<Q> of(
            Class<Q> question, Answering<Q, A> handler) {
        return streaming(question, request -> request.answers().accept(RecordJson.write(handler.handle(request))));
    }

    static <Q extends Record & Question<?>> Command<Q> streaming(Class<Q> question, Handler<Q> handler) {
        AdminCommand command = Question.command(question);
        if (command.users() == Entitlement.AGENT_USERS && !AgentNaming.class.isAssignableFrom(question)) {
            throw new IllegalArgumentException("`" + command.name() + "` names no agent whose users may use it");
        }
        return new Command<>(
                command.name(), command.users(), arguments -> RecordJson.read(question, arguments), handler);
    }
}
