package dev.interlock.confirm;

import java.time.Instant;
import java.util.List;

/**
 * What an agent may know of a hold: enough to wait, and nothing that a signing could be started with.
 *
 * @param id {@code H-} and a ULID
 * @param summary one plain sentence
 * @param expires when it ends as a denial, unless people answer
 * @param missing what is still missing, in words; empty if the next identical request goes
 * @param next what to do now, a whole sentence
 * @param covers the class of action that an answer covers, so that variants are known to be covered too
 * @param words the digest of what people sign, for them to compare on another channel; of no use to an agent
 */
public record HoldTicket(
        String id,
        String summary,
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
