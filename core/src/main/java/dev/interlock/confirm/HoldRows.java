package dev.interlock.confirm;

import dev.interlock.action.KeptTexts;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Holds, and the time reached, inside one transaction of a {@link HoldStore}. */
interface HoldRows {

    /** A live hold without its statement. */
    record HoldHead(String id, HoldState state, String lease, String seal, Instant signBy) {}

    Optional<Hold> find(String id);

    Optional<Hold> liveOf(String lease, String request);

    /** Returns the live holds of a lease, the oldest first. */
    List<Hold> liveOf(String lease);

    /** Returns live holds, the oldest first: the first {@code most} after {@code after}. */
    List<Hold> live(String after, int most);

    List<Hold> signed();

    /** Returns those of {@link #liveOf(String)} that are steps of plans. */
    default List<Hold> livePlanned(String lease) {
        return liveOf(lease).stream().filter(hold -> hold.place().isPresent()).toList();
    }

    /** Returns the holds whose time may be over at {@code now}. */
    List<Hold> due(Instant now);

    /** Returns holds that wait since {@code opened}, and for which {@code rung} was not notified. */
    List<Hold> unanswered(Instant opened, String rung);

    /** Returns all live holds without their statements. */
    List<HoldHead> liveHeads();

    /** Returns the holds that expired since the last call, each once. The caller notifies people. */
    List<Hold> newlyExpired();

    /** Returns the holds of a lease that have not ended, and those that ended before their last moment; newest last. */
    List<Hold> recent(String lease, Instant now);

    /** Returns the holds of an agent, under any lease, whose time to answer is not over at {@code now}; newest last. */
    List<Hold> ofAgent(String agent, Instant now);

    /** Returns the questions of an agent, under any lease, that wait for people now; newest last. */
    List<Hold> questionsOf(String agent, Instant now);

    /** Returns the latest ended holds, the newest first. */
    List<Hold> ended(int most);

    /** Returns the ended holds that were opened before {@code hold}, the newest first. */
    List<Hold> endedBefore(String hold, int most);

    /** Records that {@code rung} was notified of a hold, once: false if it was before, by whomever. */
    boolean escalate(String hold, String rung);

    /** Records the first time that {@code peer} was shown a hold. */
    void recordView(String hold, String peer, Instant at);

    /** Returns when {@code peer} was first shown the current version of a hold. */
    Optional<Instant> firstView(String hold, String peer);

    /** Keeps what people granted with the confirmation of a hold under {@code lease}. */
    void grant(String lease, HoldGrant grant);

    /** Returns the grants of a lease, or of all, that are neither used up nor over at {@code now}; the oldest first. */
    List<HoldGrant> grants(Optional<String> lease, Instant now);

    /** Uses a grant for {@code intent}. Returns the number of the use; empty if it is used up or over. */
    OptionalLong useGrant(String hold, String intent, Instant now);

    /** Returns whether {@code intent} has used a grant. */
    boolean hasUsedGrant(String intent);

    /** Ends a grant; false if there is none, or it has ended before. */
    boolean endGrant(String hold, String why);

    /** Returns how often {@code person} has signed since then. One signature may be for several holds. */
    long signedSince(String person, Instant since);

    /** Returns the used holds that were opened since then. */
    List<Hold> consumedSince(Instant opened);

    /** Replaces the statement of an open hold, and deletes its signatures. */
    void replace(Hold from, Hold to);

    /**
     * Adds a hold.
     *
     * @param isByAgent whether an agent asks, and no person
     */
    void insert(Hold hold, boolean isByAgent);

    /** Keeps the body that a hold would send, as people see it. */
    void show(String hold, Json.Array body);

    /** Returns the body that {@code hold} would send, as people see it. */
    Optional<Json> body(String hold);

    /** Keeps the texts of which the statement of a hold has only digests. */
    void keep(String hold, Collection<SaltedText> texts);

    /** Returns the texts of which the statement of {@code hold} has only digests, as far as they are still kept. */
    KeptTexts texts(String hold);

    /** Deletes what was kept of the requests of holds before {@code hold}: names are in the order of time. */
    void forgetTextsBefore(String hold);

    /** Of two callers that use or end one hold, one gets false: it was no longer in the first state. */
    boolean move(Hold from, Hold to);

    /** Moves a hold as {@link #move} does. A step of a plan that ends unused ends the rest of the plan with it. */
    default boolean step(Hold from, Hold to) {
        boolean moved = move(from, to);
        if (moved && !to.state().isLive() && to.state() != HoldState.CONSUMED) {
            endRest(to, to.ending().orElse(""));
        }
        return moved;
    }

    /** Ends all that is live of the plan of {@code step}, if it is in one. */
    default void endRest(Hold step, String why) {
        for (Hold other : plan(step)) {
            if (other.state().isLive()) {
                move(
                        other,
                        other.ended(
                                HoldState.VOID,
                                "Step " + step.place().orElseThrow().step() + " of its plan (" + step.id()
                                        + ") is over, and so is the rest: " + why));
            }
        }
    }

    /** Returns all steps of the plan of {@code step} in their order; none if it is in no plan. */
    List<Hold> plan(Hold step);

    /** Returns whether the call of {@code hold} was used and succeeded. */
    boolean isDone(String hold);

    /** Records that the call of {@code hold}, which is used, succeeded. Whoever waits for the next step is woken. */
    void finish(Hold hold);

    /** Writes what has become of {@code hold}, if that is another state. Returns it. */
    default Hold settle(Hold hold, Hold seen) {
        if (seen.state() != hold.state()) {
            step(hold, seen);
        }
        return seen;
    }

    /** Returns the latest time that the store knows. */
    Instant reached();

    /** Stores the time {@code now}, unless the store knows a later one. */
    void reach(Instant now);

    /** Stores {@code now} although the store knows a later time. */
    void goBackTo(Instant now);
}
