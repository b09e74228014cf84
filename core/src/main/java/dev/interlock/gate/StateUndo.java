package dev.interlock.gate;

import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Seal;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The way to undo what a front has kept the state of.
 *
 * @param names what it changed
 * @param changedSince what is not as it left it
 * @param different what is not as before it
 * @param restoration the call that puts it back, whose body must be closed
 * @param comparesItself whether that call compares by itself, and puts all back or nothing: then nothing is known yet
 */
public record StateUndo(
        List<String> names,
        List<String> changedSince,
        List<String> different,
        Supplier<Call> restoration,
        boolean comparesItself) {
    public StateUndo {
        names = List.copyOf(names);
        changedSince = List.copyOf(changedSince);
        different = List.copyOf(different);
    }

    /** Reads the states of the fronts. */
    @FunctionalInterface
    public interface StateReader {

        /** Returns the way to undo a call to {@code upstream}; empty if {@code state} is not of it. */
        Optional<StateUndo> undo(Seal seal, Seal.Upstream upstream, Bytes state) throws IOException;
    }
}
