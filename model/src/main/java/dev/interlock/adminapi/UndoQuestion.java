package dev.interlock.adminapi;

import dev.interlock.action.Secret;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Questions by which people undo an agent's call. */
public sealed interface UndoQuestion<A extends Record> extends Question<A> {

    /** Asks what a lease for an undo has to cover. */
    @AdminCommand(
            name = "undo.scope",
            users = Entitlement.SOCKET,
            about = "Of a call whose state before it is [kept](undo.md)")
    record FindUndoScope(String receipt) implements UndoQuestion<UndoScope> {}

    record UndoScope(String agent, String task, List<String> environments, List<String> impacts) {

        public LeaseTerms terms() {
            return new LeaseTerms(
                    task,
                    Optional.of(agent),
                    Set.copyOf(environments),
                    Set.copyOf(impacts),
                    Set.of(),
                    Optional.empty());
        }
    }

    /** Puts a call's resource back to what it was before. */
    @AdminCommand(
            name = "undo",
            users = Entitlement.AGENT_USERS,
            receipt = "before, unless it only shows; and that of the restoring call",
            about =
                    "`mode` is `show`, `restore` or `force`; `token` is of a lease of that agent. `receipt` in the answer is that of the restoring call")
    record UndoCall(String agent, String receipt, String mode, Secret token)
            implements UndoQuestion<Undone>, AgentNaming {
        @Override
        public Optional<String> namedAgent() {
            return Optional.of(agent);
        }
    }

    record Undone(
            String undoes,
            String agent,
            String task,
            String upstream,
            String operation,
            String at,
            String keptUntil,
            List<String> values,
            List<String> differFromBefore,
            List<String> changedSince,
            boolean restored,
            Optional<String> anew,
            Optional<String> receipt) {}
}
