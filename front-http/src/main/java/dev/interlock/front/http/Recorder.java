package dev.interlock.front.http;

import dev.interlock.action.Attempt.Presented;
import dev.interlock.action.Refusal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Where the front reports what it refused by itself, because it never became an attempt. */
public interface Recorder {

    /**
     * Records {@code unread}. Returns the receipt's identifier; empty if none could be written. Never throws, and never
     * waits long.
     */
    String refused(Unread unread);

    /**
     * A request that the front refused.
     *
     * @param place the listener it arrived at, if that belongs to one agent alone
     * @param presented the credentials it carried in the usual places: one of them may be foreign
     * @param asked where it wanted to go, as it came, to be looked through and shown nowhere: what the refusal says of
     *     it may be in other letters
     * @param refusal what the agent is told
     * @param at when
     */
    record Unread(Optional<String> place, List<Presented> presented, String asked, Refusal refusal, Instant at) {
        public Unread {
            presented = List.copyOf(presented);
        }
    }
}
