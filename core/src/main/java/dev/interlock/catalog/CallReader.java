package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Call;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/** Reads what calls to one provider mean, in the protocol of their front. */
public interface CallReader {

    /** Finds the readers of a seal's upstreams. */
    @FunctionalInterface
    interface Registry {
        Optional<CallReader> find(Seal seal, Seal.Upstream upstream);
    }

    /** Reads what {@code call} means, or says that it has no single meaning. */
    CallReading read(Call call);

    /**
     * Returns whether {@code call} is no place for any credential: one of MCP, or to a host of code, which keeps it.
     */
    default boolean takesNoCredential(Call call) {
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

    /** Returns the way to undo the call that {@link Call#kept} wrote, if there is one. */
    Optional<Undo> undo(Json.Members kept);
}
