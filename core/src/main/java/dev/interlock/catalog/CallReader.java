package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Call;
import dev.interlock.action.Inquiry;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads what calls to one provider mean, in the protocol of their front. */
public interface CallReader {

    /** Finds the readers of a seal's upstreams. */
    @FunctionalInterface
    interface Registry {
        Optional<CallReader> find(Seal seal, Seal.Upstream upstream);
    }

    /** Reads what {@code call} means, or says that it has no single meaning. */
    CallReading read(Call call);

    /** Returns a reader that takes {@code answers} into account. */
    default CallReader knowing(ProviderAnswers answers) {
        return this;
    }

    /**
     * Returns how {@code question} is asked; empty if it cannot be, about this thing.
     *
     * @param about the thing, by a name that tells where it lies
     * @param authority the provider's host
     */
    default Optional<Inquiry> inquiry(ProviderQuestion question, Resource about, String authority) {
        return Optional.empty();
    }

    /**
     * Returns whether {@code call} is no place for any credential: one of MCP, or to a host of code, which keeps it.
     */
    default boolean takesNoCredential(Call call) {
        return false;
    }

    /**
     * Returns whether the body of {@code call}, which is too long for memory, has to be received before the call is
     * read.
     */
    default boolean isReceived(Call call) {
        return false;
    }

    /**
     * Returns what {@code call}, which is refused, would do, as far as that can be read. It is not cached: a caller
     * without a lease could displace the readings of others.
     */
    List<Action> attempted(Call call);

    /** Returns what the catalog recommends in the place of {@code action}, on the same resources; empty if nothing. */
    default Optional<Action> safer(Action action) {
        return Optional.empty();
    }

    /** Returns whether the answer to {@code operation} shows files that the call does not name. */
    default boolean showsFiles(Operation operation) {
        return false;
    }

    /** Returns the names of members whose values no answer may show, wherever they stand. */
    default Set<String> hiddenMembers() {
        return Set.of();
    }

    /** Returns the way to undo the call that {@link Call#kept} wrote, if there is one. */
    Optional<Undo> undo(Json.Members kept);
}
