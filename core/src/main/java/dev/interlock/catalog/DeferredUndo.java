package dev.interlock.catalog;

import dev.interlock.catalog.graphql.GraphqlRequest.SelectedField;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.Collection;
import java.util.List;
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

    /**
     * Maximum values and selected fields of a call that can be undone. They lie in memory, many times as long as its
     * body, until it is answered, and a short body may select thousands of fields.
     */
    static final int MAX_PARTS = 1_000;

    private final Supplier<Optional<Undo>> plan;
    private volatile Optional<Optional<Undo>> known = Optional.empty(); // nothing before it was worked out

    DeferredUndo(Supplier<Optional<Undo>> plan) {
        this.plan = plan;
    }

    /** Returns the way back from a call with these arguments and selections; none if they are many. */
    static DeferredUndo of(Collection<Value> arguments, List<SelectedField> fields, Supplier<Optional<Undo>> plan) {
        int left = values(arguments, MAX_PARTS);
        return fields(fields, left) < 0 ? NONE : new DeferredUndo(plan);
    }

    /** Returns how many of {@code most} are left without the values; less than none if they are more. */
    private static int values(Collection<Value> values, int most) {
        int left = most - values.size();
        for (Value value : values) {
            if (left < 0) {
                return left;
            }
            left = switch (value) {
                case Value.Items(var items) -> values(items, left);
                case Value.Members(var members) -> values(members.values(), left);
                case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.LongText _, Value.Word _ ->
                    left;
            };
        }
        return left;
    }

    private static int fields(List<SelectedField> fields, int most) {
        int left = most - fields.size();
        for (SelectedField field : fields) {
            if (left < 0) {
                return left;
            }
            left = fields(field.fields(), values(field.arguments().values(), left));
        }
        return left;
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
