package dev.interlock.adminapi;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Questions about holds and elevations. */
public sealed interface HoldQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "hold.list",
            users = Entitlement.CONSOLE,
            about =
                    "All live ones and the latest 50 that ended. With `state`, `live` (the oldest first) or `ended` (the"
                            + " latest first): of those `limit`, 200 at most, after the hold `after`. `kind` is `call` or"
                            + " `elevation`; `alike` is equal for similar holds")
    record ListHolds(Optional<String> state, Optional<Long> limit, Optional<String> after)
            implements HoldQuestion<Holds> {

        /** All live ones, and the latest that ended. */
        public ListHolds() {
            this(Optional.empty(), Optional.empty(), Optional.empty());
        }

        public ListHolds(String state, long limit, Optional<String> after) {
            this(Optional.of(state), Optional.of(limit), after);
        }
    }

    record Holds(List<Hold> holds) {}

    /**
     * One hold.
     *
     * @param alike a key that is equal for similar holds
     * @param usableFrom when a signed one may be used first
     */
    record Hold(
            String id,
            String kind,
            String alike,
            String state,
            String summary,
            String agent,
            String person,
            String task,
            String upstream,
            String openedAt,
            List<String> covers,
            List<String> missing,
            List<String> signers,
            String ending,
            String signBy,
            Optional<String> usableFrom,
            Optional<String> usableUntil) {

        /** Returns whether it waits for people, or for the agent to use it. */
        public boolean isLive() {
            return state.equals("open") || state.equals("signed");
        }
    }

    /** Asks how many holds are not over. */
    @AdminCommand(name = "hold.count", users = Entitlement.CONSOLE)
    record CountHolds() implements HoldQuestion<HoldCount> {}

    record HoldCount(long open, long signed) {}

    @AdminCommand(
            name = "hold.show",
            users = Entitlement.CONSOLE,
            about = "The hold as in `hold.list`. `texts` are those of which `statement` has only"
                    + " [digests](formats/receipt.md#salted-digests). `body` is the request's body, not signed, in"
                    + " pieces of a `text` and a `kind`: `plain`, `name`, `text`, `number` or `masked`")
    record ShowHold(String hold) implements HoldQuestion<ShownHold> {}

    record ShownHold(
            @Flat Hold line,
            String statement,
            String rendering,
            String words,
            Optional<String> nameToType,
            Optional<List<SaltedText>> texts,
            Optional<Json> body,
            Optional<ElevationScope> elevation) {}

    record ElevationScope(List<String> environments, List<String> impacts, List<String> resources, long minutes) {}

    /** Signs a hold. */
    @AdminCommand(name = "hold.sign", users = Entitlement.CONSOLE, receipt = "before, of every try")
    record SignHold(String hold, Json signature, Optional<String> typedName) implements HoldQuestion<SignedHold> {}

    /**
     * The effect of a signature.
     *
     * @param weak whether it was made with a key of a file
     */
    record SignedHold(String person, String keyClass, boolean weak, List<String> missing, String result) {}

    @AdminCommand(
            name = "hold.narrow",
            users = Entitlement.CONSOLE,
            receipt = "after",
            about = "Only an open [elevation](formats/elevation.md), and only to less")
    record NarrowHold(
            String hold, Set<String> environments, Set<String> impacts, Set<String> resources, Optional<Long> minutes)
            implements HoldQuestion<NarrowedHold> {}

    record NarrowedHold(String hold, String summary, boolean recorded) implements Acted {}

    /** Denies a hold. */
    @AdminCommand(name = "hold.deny", users = Entitlement.CONSOLE, receipt = "after")
    record DenyHold(String hold, String reason) implements HoldQuestion<DeniedHold> {}

    record DeniedHold(String hold, boolean recorded) implements Acted {}

    @AdminCommand(
            name = "elevation.open",
            users = Entitlement.SOCKET,
            receipt = "its own",
            about = "The hold is signed like any other")
    record OpenElevation(
            String lease,
            Set<String> environments,
            Set<String> impacts,
            Set<String> resources,
            Optional<Long> minutes,
            String reason)
            implements HoldQuestion<OpenedElevation> {}

    record OpenedElevation(String hold) {}
}
