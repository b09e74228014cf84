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
                    "All live ones and the latest 50 that ended. With `state`, `live` (the oldest first) or `ended` (the latest first): of those `limit`, 200 at most, after the hold `after`. `kind` is `call` or `elevation`. `set` names the holds of one kind that wait together, and one signature may answer: `asks` is what they ask, `size` their number")
    record ListHolds(Optional<String> state, Optional<Long> limit, Optional<String> after)
            implements HoldQuestion<Holds> {

        /** All live ones, and the latest that ended. */
        public ListHolds() {
            this(Optional.empty(), Optional.empty(), Optional.empty());
        }
    }

    record Holds(List<Hold> holds) {}

    /**
     * One hold.
     *
     * @param set the set of holds that people may answer at once
     * @param usableFrom when a signed one may be used first
     */
    record Hold(
            String id,
            String kind,
            HoldSet set,
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

    /** Holds that people may answer at once: {@code size} calls of one kind. A hold alone has its own name. */
    record HoldSet(String id, String asks, long size) {}

    /** Asks how many holds are not over. */
    @AdminCommand(name = "hold.count", users = Entitlement.CONSOLE)
    record CountHolds() implements HoldQuestion<HoldCount> {}

    record HoldCount(long open, long signed) {}

    @AdminCommand(
            name = "hold.show",
            users = Entitlement.CONSOLE,
            about =
                    "The hold as in `hold.list`. `texts` are those of which `statement` has only [digests](formats/receipt.md#salted-digests). `body` is the request's body, not signed, in pieces of a `text` and a `kind`: `plain`, `name`, `text`, `number` or `masked`. `may_grant` is what a signature may [grant](formats/statement.md#grant) besides; `no_grant` says why nothing, if the seal lets people grant")
    record ShowHold(String hold) implements HoldQuestion<ShownHold> {}

    record ShownHold(
            @Flat Hold line,
            String statement,
            String rendering,
            String words,
            Optional<String> nameToType,
            Optional<List<SaltedText>> texts,
            Optional<Json> body,
            Optional<ElevationScope> elevation,
            Optional<GrantOffer> mayGrant,
            Optional<String> noGrant) {}

    /** What a signature may grant besides: so many more calls for so long, and what they must be like. */
    record GrantOffer(long calls, long seconds, String like) {}

    @AdminCommand(
            name = "grant.list",
            users = Entitlement.CONSOLE,
            about =
                    "What people [granted](formats/statement.md#grant) with a confirmation, and is neither used up nor over")
    record ListGrants() implements HoldQuestion<Grants> {}

    record Grants(List<Grant> grants) {}

    record Grant(
            String id,
            String hold,
            String like,
            String agent,
            String task,
            String lease,
            List<String> signers,
            long calls,
            long used,
            String until) {}

    /** Ends a grant: each further call is asked about again. */
    @AdminCommand(name = "grant.revoke", users = Entitlement.CONSOLE, receipt = "after")
    record RevokeGrant(String grant, String reason) implements HoldQuestion<RevokedGrant> {}

    record RevokedGrant(String grant, boolean recorded) implements Acted {}

    @AdminCommand(
            name = "hold.set",
            users = Entitlement.CONSOLE,
            about =
                    "The holds of `set`, each as in `hold.show`, or one hold. `statement` is what one signature over all of them [signs](formats/statement.md#list), and `words` is its digest. `stopped` says how many of them a limit will stop all the same")
    record ShowSet(String set) implements HoldQuestion<ShownSet> {}

    record ShownSet(
            HoldSet set,
            String statement,
            String words,
            Optional<String> nameToType,
            List<ShownHold> holds,
            Optional<String> stopped) {}

    record ElevationScope(List<String> environments, List<String> impacts, List<String> resources, long minutes) {}

    /** Signs a hold, or a set of them. */
    @AdminCommand(
            name = "hold.sign",
            users = Entitlement.CONSOLE,
            receipt = "before, of every try",
            about = "`hold` may be a set, and `statement` is then the list that was signed, as `hold.set` gave it")
    record SignHold(String hold, Json signature, Optional<String> typedName, Optional<String> statement)
            implements HoldQuestion<SignedHold> {}

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

    /** Denies a hold, or each of a set. */
    @AdminCommand(name = "hold.deny", users = Entitlement.CONSOLE, receipt = "after", about = "`hold` may be a set")
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
