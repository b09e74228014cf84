package dev.interlock.catalog;

import dev.interlock.catalog.graphql.UnreadableException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way in which a call can be undone, if it can. It is worked out when somebody asks for it: under a seal without
 * undo nobody does. A way that cannot be written is none.
 *
 * <p>Threading: any. Two threads may both work it out.
 */
final class DeferredUndo {

    static final DeferredUndo NONE = new DeferredUndo(Optional::empty);

    private final Supplier<Optional<Undo>> plan;
    private volatile Optional<Optional<Undo>> known = Optional.empty(); // nothing before it was worked out

    DeferredUndo(Supplier<Optional<Undo>> plan) {
        this.plan = plan;
    }

    Optional<Undo> get() {
        Optional<Undo> found = known.orElseGet(this::planned);
        known = Optional.of(found);
        return found;
    }

    private Optional<Undo> planned() {
        try {
            return plan.get();
        } catch (UnreadableException e) {
            return Optional.empty();
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DeferredUndo undo && get().equals(undo.get());
    }

    @Override
    public int hashCode() {
        return get().hashCode();
    }
}
