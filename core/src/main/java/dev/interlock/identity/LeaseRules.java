package dev.interlock.identity;

import static dev.interlock.evidence.SealDocument.OWNERS;

import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.SampledCache;
import dev.interlock.action.Seal;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.KeyClass;
import java.lang.ref.WeakReference;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Applies a seal to a lease that is requested, that people sign, or that was issued under an earlier seal. */
final class LeaseRules {

    /** The SSHSIG namespace for lease requests, and for nothing else. */
    static final String NAMESPACE = "interlock-lease@v1";

    sealed interface LeaseRuling {
        record NoSignatureNeeded() implements LeaseRuling {}

        /** A person must sign, for each of {@code reasons}: whole sentences. */
        record SignatureRequired(List<String> reasons) implements LeaseRuling {}

        /** No signature would help; the reason is a whole sentence. */
        record LeaseImpossible(String reason) implements LeaseRuling {}
    }

    /** The rulings about leases, which follow from these and a seal alone: every call asks for one. */
    private final SampledCache<LeaseEntry, SealRuling> known = new SampledCache<>(1_000);

    /** The seal in force is one object. Of earlier ones, this keeps none in memory. */
    private record SealRuling(WeakReference<Seal> seal, LeaseRuling ruling) {}

    private final PersonSignatures signatures;

    LeaseRules(PersonSignatures signatures) {
        this.signatures = signatures;
    }

    /** Returns the last possible end of {@code lease}, however often it is renewed. */
    static Instant latest(Lease lease) {
        return lease.issued().plus(Lease.MAX_TTL);
    }

    static LeaseRuling rule(Seal seal, LeaseRequest request) {
        List<String> impossible = impossible(seal, request);
        if (!impossible.isEmpty()) {
            return new LeaseRuling.LeaseImpossible(impossible.getFirst());
        }
        List<String> reasons = new ArrayList<>();
        request.environments().stream()
                .map(seal.environments()::get)
                .filter(named -> named != null && named.isProtected())
                .forEach(named -> reasons.add("It names the protected environment `" + named.name() + "`."));
        if (request.template().isPresent()) {
            beyond(seal, request, request.template().get(), reasons);
        } else {
            beyondReading(request, reasons);
        }
        return reasons.isEmpty()
                ? new LeaseRuling.NoSignatureNeeded()
                : new LeaseRuling.SignatureRequired(List.copyOf(reasons));
    }

    private static List<String> impossible(Seal seal, LeaseRequest request) {
        List<String> found = new ArrayList<>();
        Seal.Agent agent = seal.agents().get(request.agent());
        if (agent == null) {
            found.add("There is no agent `" + request.agent() + "`"
                    + Suggestions.after(request.agent(), seal.agents().keySet()));
        } else if (!seal.people().containsKey(agent.owner())) {
            found.add("The agent's owner `" + agent.owner() + "` is not one of the people in the seal.");
        }
        request.template()
                .filter(name -> !seal.tasks().containsKey(name))
                .ifPresent(name -> found.add("There is no task template `" + name + "`"
                        + Suggestions.after(name, seal.tasks().keySet())));
        without(request.environments(), seal.environments().keySet())
                .forEach(name -> found.add("There is no environment `" + name + "`; the seal has `"
                        + String.join("`, `", seal.environments().keySet()) + "`."));
        if (request.impacts().contains(Impact.UNKNOWN)) {
            found.add("The impact `unknown` cannot be granted.");
        }
        if (request.ttl().compareTo(Lease.MAX_TTL) > 0) {
            found.add("A lease lasts at most " + Lease.MAX_TTL.toHours() + " hours.");
        }
        return found;
    }

    private static void beyond(Seal seal, LeaseRequest request, String name, List<String> reasons) {
        Seal.TaskTemplate template = seal.tasks().get(name);
        if (template == null) {
            throw new IllegalStateException("an unknown template was ruled out before");
        }
        without(request.environments(), template.environments())
                .forEach(more -> reasons.add("The task `" + name + "` does not name the environment `" + more + "`."));
        without(request.impacts(), template.impacts())
                .forEach(more -> reasons.add("The task `" + name + "` does not allow `" + more.word() + "`."));
        if (!template.agents().isEmpty() && !template.agents().contains(request.agent())) {
            reasons.add("The task `" + name + "` is not for the agent `" + request.agent() + "`.");
        }
        if (request.ttl().compareTo(template.ttl()) > 0) {
            reasons.add(
                    "The task `" + name + "` lasts at most " + template.ttl().toSeconds() + " seconds.");
        }
    }

    private static void beyondReading(LeaseRequest request, List<String> reasons) {
        without(request.impacts(), Set.of(Impact.READ))
                .forEach(more -> reasons.add("Without a task template, `" + more.word() + "` is not granted."));
        if (request.ttl().compareTo(LeaseRequest.DEFAULT_TTL) > 0) {
            reasons.add("Without a task template, a lease lasts at most " + LeaseRequest.DEFAULT_TTL.toSeconds()
                    + " seconds.");
        }
    }

    private static <T> Set<T> without(Set<T> asked, Set<T> given) {
        if (given.containsAll(asked)) {
            return Set.of(); // as at nearly every call
        }
        Set<T> more = new TreeSet<>(asked);
        more.removeAll(given);
        return more;
    }

    /** Returns the entitled signer: the agent's owner with hardware, or another person of {@code owners}. */
    PersonSignatures.VerifiedPersonSignature verify(Seal seal, String agent, byte[] statement, String made)
            throws BadSignatureException {
        PersonSignatures.VerifiedPersonSignature signed = signatures.verify(seal, NAMESPACE, statement, made);
        Optional<String> objection =
                signerObjection(seal, agent, signed.person().name(), signed.keyClass());
        if (objection.isPresent()) {
            throw new BadSignatureException(objection.get());
        }
        return signed;
    }

    private boolean stillCounts(Seal seal, String agent, LeaseEntry.Signature signature) {
        return signatures
                .standing(seal, signature.person(), signature.key())
                .filter(keyClass -> signerObjection(seal, agent, signature.person(), keyClass)
                        .isEmpty())
                .isPresent();
    }

    private static Optional<String> signerObjection(Seal seal, String agent, String name, KeyClass keyClass) {
        Seal.Agent enrolled = seal.agents().get(agent);
        Seal.Person person = seal.people().get(name);
        boolean owns = enrolled != null && enrolled.owner().equals(name);
        if (enrolled == null || person == null || (!owns && !person.groups().contains(OWNERS))) {
            return Optional.of("`" + name + "` neither owns `" + agent + "` nor is in `" + OWNERS + "`");
        }
        // The agent may run with its owner's files, so a key among them proves nothing about the person.
        return owns && keyClass == KeyClass.SOFTWARE
                ? Optional.of("`" + name + "` owns `" + agent + "` and must sign with a hardware key")
                : Optional.empty();
    }

    /** Returns why the seal in force no longer supports a lease from an earlier seal. */
    Optional<String> objection(Optional<Seal> seal, LeaseEntry entry) {
        return seal.map(inForce -> objection(inForce, entry))
                .orElse(Optional.of("No seal is in force, and nothing is permitted without one."));
    }

    private Optional<String> objection(Seal seal, LeaseEntry entry) {
        Optional<String> byRule = switch (ruling(seal, entry)) {
            case LeaseRules.LeaseRuling.LeaseImpossible impossible -> Optional.of(impossible.reason());
            case LeaseRules.LeaseRuling.NoSignatureNeeded _ -> Optional.empty();
            case LeaseRules.LeaseRuling.SignatureRequired signed -> unlessSigned(seal, entry, signed);
        };
        return byRule.or(() -> ownerChanged(seal, entry));
    }

    private LeaseRuling ruling(Seal seal, LeaseEntry entry) {
        Optional<SealRuling> before = known.get(entry).filter(its -> its.seal().refersTo(seal));
        if (before.isPresent()) {
            return before.get().ruling();
        }
        LeaseRuling ruling = rule(seal, entry.asRequest());
        known.put(entry, new SealRuling(new WeakReference<>(seal), ruling));
        return ruling;
    }

    private Optional<String> unlessSigned(
            Seal seal, LeaseEntry entry, LeaseRules.LeaseRuling.SignatureRequired needed) {
        if (entry.signature().isEmpty()) {
            return Optional.of(needed.reasons().getFirst());
        }
        LeaseEntry.Signature signature = entry.signature().get();
        return stillCounts(seal, entry.lease().agent(), signature)
                ? Optional.empty()
                : Optional.of("The signature of `" + signature.person() + "` that elevated it no longer counts.");
    }

    private static Optional<String> ownerChanged(Seal seal, LeaseEntry entry) {
        return Optional.ofNullable(seal.agents().get(entry.lease().agent()))
                .filter(agent -> !agent.owner().equals(entry.lease().person()))
                .map(agent -> "Its agent now belongs to `" + agent.owner() + "`.");
    }
}
