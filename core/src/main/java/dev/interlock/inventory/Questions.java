package dev.interlock.inventory;

import dev.interlock.action.Bytes;
import dev.interlock.action.FairRoom;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The questions of one survey: as many as the budget has left, within one deadline, and from the first to the end in
 * one of the places for whoever asks for an attempt. Used by one thread.
 */
final class Questions implements AutoCloseable {

    /** An agent waits for the answer; what takes longer than this is not known in time. */
    static final Duration MAX_TIME = Duration.ofSeconds(10);

    /** Nobody waits for the background. */
    static final Duration MAX_BACKGROUND_TIME = Duration.ofMinutes(1);

    /** Far above a page of a hundred objects; a larger answer is not the provider we know. */
    static final int MAX_ANSWER = 4 << 20;

    private final Asker asker;
    private final Budget budget;
    private final Optional<FairRoom> room;
    private final String upstream;
    private final String lease;
    private final Clock clock;
    private final Duration time;
    private Optional<Instant> deadline = Optional.empty();
    private boolean isIn;

    /** @param room in which each survey takes a place, if there are so many only */
    Questions(
            Asker asker,
            Budget budget,
            Optional<FairRoom> room,
            String upstream,
            String lease,
            Clock clock,
            Duration time) {
        this.asker = asker;
        this.budget = budget;
        this.room = room;
        this.upstream = upstream;
        this.lease = lease;
        this.clock = clock;
        this.time = time;
    }

    /**
     * The answer to {@code query}.
     *
     * @throws UnresolvedException if there is none, none in time, or no more may be asked
     */
    Bytes ask(Seal.Upstream of, HttpCall query) throws UnresolvedException {
        enter();
        // From the first question: who waited for a place has not been let down by the provider.
        Instant until = deadline.orElseGet(() -> clock.instant().plus(time));
        deadline = Optional.of(until);
        if (!budget.take(upstream, lease)) {
            throw new UnresolvedException("the provider has been asked too often in the last minute");
        }
        if (clock.instant().isAfter(until)) {
            throw new UnresolvedException("the provider did not tell everything in time");
        }
        Bytes answer = answer(of, query);
        if (answer.length() > MAX_ANSWER) {
            throw new UnresolvedException("the provider's answer is too long");
        }
        return answer;
    }

    private void enter() throws UnresolvedException {
        if (isIn || room.isEmpty()) {
            return;
        }
        isIn = room.get().enter(lease, MAX_TIME);
        if (!isIn) {
            throw new UnresolvedException("too many attempts ask the provider at once");
        }
    }

    @Override
    public void close() {
        if (isIn) {
            room.orElseThrow().leave(lease);
            isIn = false;
        }
    }

    private Bytes answer(Seal.Upstream of, HttpCall query) throws UnresolvedException {
        try {
            return asker.ask(of, query);
        } catch (IOException | RuntimeException e) {
            // Whatever went wrong, it is not known where things are. The cause may hold the provider's text.
            throw new UnresolvedException("the provider could not be asked");
        }
    }
}
