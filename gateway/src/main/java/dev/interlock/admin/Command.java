package dev.interlock.admin;

import dev.interlock.adminapi.AdminCommand;
import dev.interlock.adminapi.AgentNaming;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminapi.Question;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.evidence.Json;
import java.util.function.Function;

/**
 * A command of the administrative socket: what reads its question, and what carries it out.
 *
 * @param name the name on the wire and in receipts
 * @param users who may use it
 * @param reader reads the question from the arguments, and refuses anything unexpected
 */
record Command<Q>(String name, Entitlement users, Function<Json.Members, Q> reader, CommandHandler<Q> handler) {

    /** The command of {@code question}, with exactly one result. */
    static <Q extends Record & Question<A>, A extends Record> Command<Q> of(
            Class<Q> question, CommandHandler.WithResult<Q, A> handler) {
        return streaming(question, request -> request.answers().accept(RecordJson.write(handler.handle(request))));
    }

    /** The command of {@code question}, which passes on its results itself, as they come. */
    static <Q extends Record & Question<?>> Command<Q> streaming(Class<Q> question, CommandHandler<Q> handler) {
        AdminCommand command = Question.command(question);
        if (command.users() == Entitlement.AGENT_USERS && !AgentNaming.class.isAssignableFrom(question)) {
            throw new IllegalArgumentException("`" + command.name() + "` names no agent whose users may use it");
        }
        return new Command<>(
                command.name(), command.users(), arguments -> RecordJson.read(question, arguments), handler);
    }
}
