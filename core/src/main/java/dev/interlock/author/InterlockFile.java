package dev.interlock.author;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.interlock.action.Alert;
import dev.interlock.action.Impact;
import dev.interlock.action.LocalService;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.SealLimits.ActionSelector;
import dev.interlock.action.SealLimits.GroupingKey;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** The format of {@code interlock.yaml}. Each component is a key, here and below; its page in the docs explains it. */
record InterlockFile(
        @JsonProperty(required = true) String organisation,
        Optional<Duration> expiresAfter,
        Map<String, Environment> environments,
        Map<String, Person> people,
        Optional<Confirm> confirm,
        Map<String, Agent> agents,
        Map<String, Upstream> upstreams,
        Map<String, Task> tasks,
        Map<String, SortedSet<Impact>> classify,
        SortedSet<String> withoutApproval,
        SortedSet<String> replacedCatalogs,
        Map<String, Budget> budgets,
        Map<String, Sequence> sequences,
        Optional<SandboxRules.FileProtection> files,
        Optional<Services> services,
        Optional<ExecutedPaths> executedPaths,
        Optional<Decoys> decoys,
        List<Escalation> escalate,
        Optional<Signing> signing,
        Optional<SoleOwner> solo,
        List<AlertRule> alerts,
        Optional<Provider> signIn,
        Optional<Observe> observe,
        Optional<Backups> backups,
        List<Freeze> codeFreezes,
        Optional<KeptStates> undo,
        Optional<Witnesses> witnesses,
        Optional<Fleet> fleet) {

    record Environment(@JsonProperty("protected") boolean isProtected, boolean readable) {}

    record Person(SortedSet<String> groups, List<String> keys, Optional<String> subject) {}

    /** The settings for people's keys. */
    record Confirm(boolean softwareKeys, Optional<FirstPasskey> firstPasskey, Optional<Obligations.Quorum> recovery) {}

    enum FirstPasskey {
        @JsonProperty("code")
        CODE,
        @JsonProperty("endorsed")
        ENDORSED
    }

    record Agent(
            @JsonProperty(required = true) String owner,
            SortedSet<String> teams,
            Optional<LocalDate> reviewBy,
            Optional<SortedSet<String>> users) {}

    record Upstream(
            @JsonProperty(required = true) String catalog,
            @JsonProperty(required = true) URI address,
            Optional<String> ca,
            Map<String, Slot> credentials,
            Optional<String> resolver,
            Map<String, Place> resources,
            List<DeclaredBackup> backups,
            Optional<Secrets> secrets,
            @JsonProperty("private") boolean inside,
            Optional<Http2> http2,
            Optional<Bots> bots) {}

    /** The machines that read texts. */
    record Bots(
            SortedSet<String> accounts,
            SortedSet<String> people,
            SortedSet<String> commands,
            SortedSet<String> noneIn) {}

    enum Secrets {
        @JsonProperty("referenced")
        REFERENCED
    }

    enum Http2 {
        @JsonProperty("prior-knowledge")
        PRIOR_KNOWLEDGE
    }

    record Slot(
            @JsonProperty(required = true) SortedSet<String> environments,
            @JsonProperty(required = true) SortedSet<Impact> impacts,
            Optional<String> header,
            Optional<String> scheme) {}

    /** The placement of a resource, or of all that a pattern covers. */
    record Place(@JsonProperty(required = true) SortedSet<String> environments, SortedSet<Resource> groups) {}

    record DeclaredBackup(
            @JsonProperty(required = true) String id,
            @JsonProperty(required = true) Resource of,
            @JsonProperty(required = true) Instant takenAt,
            @JsonProperty(required = true) String domain) {}

    record Task(
            @JsonProperty(required = true) SortedSet<String> environments,
            @JsonProperty(required = true) SortedSet<Impact> impacts,
            SortedSet<String> agents,
            @JsonProperty(required = true) Duration ttl) {}

    /** The local services that agents may use: those of a list, or every one that the person names who starts them. */
    record Services(SortedSet<String> names) {
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Services of(String word) {
            if (!word.equals("named")) {
                throw new IllegalArgumentException("`services` must be `named`, or a list of names as `[redis]`");
            }
            return new Services(new TreeSet<>(Set.of(LocalService.ANY)));
        }

        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Services of(SortedSet<String> names) {
            names.forEach(LocalService::requireName);
            return new Services(names);
        }
    }

    record ExecutedPaths(SortedSet<String> also, SortedSet<String> except) {}

    record Decoys(Optional<SandboxRules.DecoyReaction> presented, Optional<SandboxRules.DecoyReaction> inBodies) {}

    /** A time in which nothing may change. */
    record Freeze(
            SortedSet<String> environments,
            @JsonProperty(required = true) Instant from,
            @JsonProperty(required = true) Instant until,
            @JsonProperty(required = true) String reason) {}

    /** The states that are kept before calls change them. */
    record KeptStates(
            @JsonProperty(value = "for", required = true) Duration time,
            Optional<Duration> agentFor,
            Optional<Integer> maxBytes) {}

    /** Those who must have seen a call's intent before it is sent. */
    record Witnesses(
            @JsonProperty(required = true) SortedSet<String> keys,
            Optional<Integer> quorum,
            @JsonProperty("for") SortedSet<Impact> impacts) {}

    /** What a gateway of a fleet may do that cannot reach the store. */
    record Fleet(@JsonProperty(required = true) Duration readGrace) {}

    record Escalation(
            @JsonProperty(required = true) Duration after,
            @JsonProperty(required = true) String to,
            SortedSet<String> in) {}

    record Signing(Optional<Integer> perHour, Optional<Duration> hasty, Optional<Grants> grant) {}

    /** How many more calls like a confirmed one a signature may grant, and for how long. */
    record Grants(
            @JsonProperty(required = true) long atMost,
            @JsonProperty(value = "for", required = true) Duration time) {}

    record SoleOwner(
            @JsonProperty(required = true) Duration delay,
            @JsonProperty(required = true) String notice) {}

    record AlertRule(
            @JsonProperty(required = true) SortedSet<String> to,
            SortedSet<Alert.AlertKind> about,
            Optional<Alert.Severity> from) {}

    record Provider(
            @JsonProperty(required = true) String issuer,
            @JsonProperty(required = true) String client) {}

    record Observe(
            @JsonProperty(value = "for", required = true) Duration time) {}

    record Backups(List<String> attesters, Map<String, Plan> plans, SortedSet<Resource> expendable) {}

    record Plan(
            @JsonProperty(required = true) Resource of,
            @JsonProperty(required = true) String domain,
            Optional<Targets> targets,
            Optional<Set<String>> deletableBy,
            Optional<String> copyOf) {}

    record Targets(Optional<Duration> point, Optional<Duration> time, Optional<Duration> practice) {}

    record Budget(
            SortedSet<GroupingKey> per,
            SortedSet<Impact> impacts,
            Set<Operation> operations,
            SortedSet<String> environments,
            Map<String, String> facts,
            @JsonProperty(required = true) long atMost,
            @JsonProperty(required = true) Duration within,
            Optional<Answer> then,
            SortedSet<Obligations.Quorum> confirm,
            Optional<Duration> cooldown,
            boolean typeName,
            boolean other)
            implements Limit {}

    record Sequence(
            @JsonProperty(required = true) Before after,
            SortedSet<Impact> impacts,
            Set<Operation> operations,
            SortedSet<String> environments,
            Map<String, String> facts,
            SortedSet<GroupingKey> same,
            @JsonProperty(required = true) Duration within,
            Optional<Answer> then,
            SortedSet<Obligations.Quorum> confirm,
            Optional<Duration> cooldown,
            boolean typeName,
            boolean other)
            implements Limit {}

    /** The action that begins a sequence. */
    record Before(
            SortedSet<Impact> impacts,
            Set<Operation> operations,
            SortedSet<String> environments,
            Map<String, String> facts)
            implements Selection {}

    /** The answer to an action that reaches a limit. */
    enum Answer {
        @JsonProperty("hold")
        HOLD,
        @JsonProperty("refuse")
        REFUSE
    }

    /** The keys that select actions. */
    interface Selection {

        SortedSet<Impact> impacts();

        Set<Operation> operations();

        SortedSet<String> environments();

        Map<String, String> facts();

        /** Returns the selector. An empty one is rejected, because it would count every read. */
        default ActionSelector selector() {
            if (impacts().isEmpty() && operations().isEmpty()) {
                throw new IllegalArgumentException("name `impacts` or `operations`, or both");
            }
            return new ActionSelector(impacts(), operations(), environments(), facts());
        }
    }

    /** The keys of every limit. */
    interface Limit extends Selection {

        Optional<Answer> then();

        SortedSet<Obligations.Quorum> confirm();

        Optional<Duration> cooldown();

        boolean typeName();

        boolean other();

        /** Returns the obligations of the hold; empty if the action is refused. */
        default Optional<Obligations> hold() {
            boolean holds = then().equals(Optional.of(Answer.HOLD));
            Obligations obligations = new Obligations(
                    confirm(),
                    cooldown().orElse(Duration.ZERO),
                    Optional.empty(),
                    OptionalLong.empty(),
                    typeName(),
                    other());
            if (holds == confirm().isEmpty()) {
                throw new IllegalArgumentException(
                        holds
                                ? "`then: hold` needs somebody who confirms; add `confirm: [1 of owners]`"
                                : "`confirm` needs `then: hold`; without it nobody is asked");
            }
            if (!holds && !obligations.isEmpty()) {
                throw new IllegalArgumentException("`cooldown`, `type-name` and `other` need `then: hold`");
            }
            return holds ? Optional.of(obligations) : Optional.empty();
        }
    }
}
