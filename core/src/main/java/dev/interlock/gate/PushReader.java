package dev.interlock.gate;

import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.PushedRef;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Reads pushes by Git: what they do to which ref. The catalog then judges that. */
public interface PushReader {

    /** Reads a push. It may ask the upstream, and takes the body from the client. */
    PushReading read(PushRequest request);

    /**
     * Reads the push that deletes {@code ref} and does nothing else. Empty if nobody may ask the upstream, or it does
     * not say what the ref names.
     *
     * @param request a push to the repository, without a body
     */
    Optional<PushReading.ReadPush> readDeletion(PushRequest request, String ref);

    /**
     * Compares the repository with {@code state}, which {@link PriorRefs} gave before a push; empty if it is no such
     * state.
     */
    Optional<StateUndo> undo(Seal seal, Seal.Upstream upstream, Bytes state) throws IOException;

    /** What a push would change, to be kept before it goes. */
    @FunctionalInterface
    interface PriorRefs {

        /**
         * Returns what the refs name and what would be lost, in the reader's own form; empty if longer than
         * {@code most} bytes.
         */
        Optional<Bytes> state(int most);
    }

    /**
     * A push of a caller who may call; leases ({@code holder}) take turns. What {@code agent} brought is its own.
     *
     * @param runs whether machines run a file of this name
     */
    record PushRequest(
            Seal seal,
            Seal.Upstream upstream,
            Call call,
            String holder,
            String agent,
            SecretSearch secrets,
            Predicate<String> runs) {}

    /** Searches texts for secrets: stored credentials, decoys, leases, and what has the form of a credential. */
    @FunctionalInterface
    interface SecretSearch {

        boolean isIn(byte[] text) throws IOException;
    }

    sealed interface PushReading {

        /**
         * It is understood as a whole. Without refs it only asks. {@code answering} is told what it means: an action
         * for each ref.
         */
        record ReadPush(List<PushedRef> refs, Call outgoing, PriorRefs prior, Consumer<ResolvedAttempt> answering)
                implements PushReading {
            public ReadPush {
                refs = List.copyOf(refs);
            }
        }

        /** It is not understood, or beyond a limit: the reason and the next step, each a whole sentence. */
        record UnreadPush(String reason, String next) implements PushReading {}

        /** It brings secrets, at these places (a few at most). */
        record SecretPush(List<String> places) implements PushReading {
            public SecretPush {
                places = List.copyOf(places);
            }
        }

        /** It cannot be read just now. */
        record UnavailablePush() implements PushReading {}
    }
}
