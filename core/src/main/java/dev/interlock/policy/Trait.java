package dev.interlock.policy;

import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * One property of a question that a policy can read.
 *
 * <p>INVARIANT: these are all. {@link Entities} sends Cedar only traits. So a policy cannot tell two questions apart
 * that agree in the traits that it reads.
 */
@SuppressWarnings("ImmutableEnumChecker") // the functions hold nothing, and the lists are copies
public enum Trait {
    AGENT(asked -> new TraitValue.TextValue(asked.agent().id()), "principal"),
    TEAMS(asked -> new TraitValue.TextsValue(asked.agent().teams()), "principal", Trait.IN),
    OWNER(asked -> new TraitValue.TextValue(asked.agent().owner()), "principal", "owner"),

    OPERATION(asked -> new TraitValue.TextValue(asked.question().operation().toString()), "action"),
    IMPACT(asked -> new TraitValue.TextValue(asked.question().impact().word()), "action", Trait.IN),

    RESOURCE(asked -> new TraitValue.TextValue(resource(asked).toString()), "resource"),
    ENVIRONMENT(asked -> new TraitValue.TextValue(asked.question().environment()), "resource", Trait.IN),
    GROUPS(
            asked -> new TraitValue.TextsValue(asked.question().placement().groups().stream()
                    .map(Resource::toString)
                    .toList()),
            "resource",
            Trait.IN),
    PROVIDER(asked -> new TraitValue.TextValue(resource(asked).provider()), "resource", "provider"),
    KIND(asked -> new TraitValue.TextValue(resource(asked).type()), "resource", "kind"),
    KNOWN(asked -> new TraitValue.FlagValue(asked.question().placement().known()), "resource", "known"),

    UPSTREAM(asked -> new TraitValue.TextValue(asked.resolved().attempt().upstream()), "context", "upstream"),
    IN_ENVIRONMENT(asked -> new TraitValue.TextValue(asked.question().environment()), "context", "environment"),
    PROTECTED(asked -> new TraitValue.FlagValue(isProtected(asked)), "context", "protected"),
    REVERSIBILITY(
            asked -> new TraitValue.TextValue(asked.question().reversibility().word()), "context", "reversibility"),

    ARGUMENTS(asked -> new TraitValue.RecordValue(asked.question().arguments().texts()), "context", "argument"),
    COUNTS(asked -> new TraitValue.AmountsValue(asked.question().arguments().counts()), "context", "counts"),

    LEASE_ID(asked -> new TraitValue.TextValue(asked.resolved().lease().id()), "context", "lease", "id"),
    LEASE_AGENT(asked -> new TraitValue.TextValue(asked.resolved().lease().agent()), "context", "lease", "agent"),
    LEASE_PERSON(asked -> new TraitValue.TextValue(asked.resolved().lease().person()), "context", "lease", "person"),
    LEASE_TASK(asked -> new TraitValue.TextValue(asked.resolved().lease().task()), "context", "lease", "task"),
    LEASE_TEMPLATE(
            asked -> asked.resolved()
                    .lease()
                    .template()
                    .<TraitValue>map(TraitValue.TextValue::new)
                    .orElseGet(TraitValue.AbsentValue::new),
            "context",
            "lease",
            "template"),
    LEASE_ENVIRONMENTS(
            asked -> new TraitValue.TextsValue(asked.resolved().lease().environments()),
            "context",
            "lease",
            "environments"),
    LEASE_IMPACTS(
            asked -> new TraitValue.TextsValue(asked.resolved().lease().impacts().stream()
                    .map(Impact::word)
                    .toList()),
            "context",
            "lease",
            "impacts"),
    LEASE_NAMES_ENVIRONMENT(
            asked -> new TraitValue.FlagValue(asked.resolved()
                    .lease()
                    .environments()
                    .contains(asked.question().environment())),
            "context",
            "lease",
            "names_environment"),
    LEASE_NARROWED(
            asked -> new TraitValue.FlagValue(
                    !asked.resolved().lease().resources().isEmpty()),
            "context",
            "lease",
            "narrowed"),

    RADIUS_ENVIRONMENTS(
            asked -> new TraitValue.TextsValue(asked.radius().environments()), "context", "radius", "environments"),
    RADIUS_LOST(asked -> new TraitValue.AmountValue(asked.radius().lost()), "context", "radius", "lost"),
    RADIUS_LOST_BACKUPS(
            asked -> new TraitValue.AmountValue(asked.radius().lostBackups()), "context", "radius", "lost_backups"),
    RADIUS_UNSAVED(asked -> new TraitValue.AmountValue(asked.radius().unsaved()), "context", "radius", "unsaved");

    /** Stands for an entity's ancestors, where other traits have an attribute's name. */
    static final String IN = "in";

    static final List<Trait> ALL = List.of(values());

    private final Function<PolicyRequest, TraitValue> value;
    private final List<String> path;

    Trait(Function<PolicyRequest, TraitValue> value, String... path) {
        this.value = value;
        this.path = List.of(path);
    }

    TraitValue of(PolicyRequest asked) {
        return value.apply(asked);
    }

    public String words() {
        return String.join(".", path);
    }

    String attribute() {
        return path.getLast();
    }

    boolean isAttributeOf(List<String> holder) {
        return path.size() == holder.size() + 1
                && path.subList(0, holder.size()).equals(holder)
                && !attribute().equals(IN);
    }

    static Set<Trait> at(List<String> path) {
        for (Trait record : List.of(ARGUMENTS, COUNTS)) {
            if (path.size() > record.path.size()
                    && path.subList(0, record.path.size()).equals(record.path)) {
                return Set.of(record);
            }
        }
        boolean entity = path.size() == 1 && !path.getFirst().equals("context");
        Set<Trait> found = EnumSet.noneOf(Trait.class);
        for (Trait trait : ALL) {
            boolean within = trait.path.size() >= path.size()
                    && trait.path.subList(0, path.size()).equals(path);
            if (entity ? trait.path.equals(path) : within) {
                found.add(trait);
            }
        }
        return found;
    }

    private static Resource resource(PolicyRequest asked) {
        return asked.question().placement().resource();
    }

    /** Returns whether the environment is protected. One that the seal does not know counts as protected. */
    private static boolean isProtected(PolicyRequest asked) {
        Seal.Environment environment =
                asked.seal().environments().get(asked.question().environment());
        return environment == null || environment.isProtected();
    }
}
