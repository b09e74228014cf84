package dev.interlock.confirm;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The part of a hold that an agent may know. It is enough to wait with, and useless for starting a signature.
 *
 * @param id {@code H-} and a ULID
 * @param reason why the agent asks, in its own words, which nobody has checked
 * @param missing what is still missing, in words; empty if the next identical request is sent
 * @param covers the class of actions that an answer covers, so that an agent knows that variants are covered too
 * @param words the digest of what people sign, for them to compare on another channel; of no use to an agent
 */
public record HoldTicket(
        String id,
        String summary,
        Optional<String> reason,
        Instant expires,
        List<String> missing,
        String next,
        List<String> covers,
        String words) {
    public HoldTicket {
        missing = List.copyOf(missing);
        covers = List.copyOf(covers);
    }
}
