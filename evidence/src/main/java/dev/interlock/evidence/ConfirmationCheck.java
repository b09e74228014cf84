package dev.interlock.evidence;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Whether people have confirmed a statement. The one place that decides it: for a hold, for the vault before it opens,
 * and for an auditor years later.
 */
public final class ConfirmationCheck {

    /** More signatures than any quorum needs would only cost verifications. */
    public static final int MAX_SIGNATURES = 16;

    private final SealDocument seal;
    private final Statement statement;
    private final Demands demands;
    private final Map<String, Signer> signers = new TreeMap<>();
    private final Map<String, String> owners = new HashMap<>();
    private final List<String> rejected = new ArrayList<>();

    private ConfirmationCheck(SealDocument seal, Statement statement) {
        this.seal = seal;
        this.statement = statement;
        this.demands = Demands.of(statement.obligations());
    }

    /**
     * Checks {@code signatures}, each an SSHSIG or an assertion, at the moment {@code now}.
     *
     * <p>A signature counts if it is genuine, over this statement, by a key that the seal, or an enrolment that it
     * accepts, gives to one person; if it is by hardware, or the seal allows software keys; and, of whoever is behind
     * the lease (it is their agent, or they signed for the lease), only if it is by hardware and the obligations do not
     * ask for somebody {@code other}. People count once, with however many keys. A statement that asks for no quorum at
     * all is confirmed by one signature that counts, never by none.
     *
     * <p>Where they say that somebody broke the glass, the seal must let them, they must be what it leaves of what
     * policy demanded, and hardware alone counts.
     *
     * <p>Where the obligations ask for a backup, the statement itself must hold the word of a key that the seal names
     * for it, about each resource that would be lost.
     */
    public static Confirmed check(SealDocument seal, Statement statement, List<String> signatures, Instant now) {
        ConfirmationCheck check = new ConfirmationCheck(seal, statement);
        signatures.stream().limit(MAX_SIGNATURES).forEach(check::add);
        if (signatures.size() > MAX_SIGNATURES) {
            check.rejected.add("only the first " + MAX_SIGNATURES + " signatures are looked at");
        }
        return new Confirmed(List.copyOf(check.signers.values()), check.rejected, check.unmet(now));
    }

    private void add(String signature) {
        try {
            Signer signer = PersonSignature.parse(signature).signer(seal, statement.canonical(), Statement.NAMESPACE);
            requireCounts(signer);
            count(signer);
        } catch (BadSignatureException | MalformedException e) {
            rejected.add(String.valueOf(e.getMessage()));
        }
    }

    private void requireCounts(Signer signer) throws BadSignatureException {
        seal.requireClass(signer);
        if (demands.broken().isPresent() && signer.keyClass() == KeyClass.SOFTWARE) {
            throw new BadSignatureException(
                    "`" + signer.person() + "` signed without hardware, and glass is broken with hardware alone");
        }
        boolean behindLease = statement.isBehind(signer.person());
        if (behindLease && demands.other()) {
            throw new BadSignatureException(
                    "`" + signer.person() + "` is behind the lease, and somebody else must sign");
        }
        if (behindLease && signer.keyClass() == KeyClass.SOFTWARE) {
            // The agent may run with this person's files: a key among them proves nothing about the person.
            throw new BadSignatureException(
                    "`" + signer.person() + "` is behind the lease, and must sign with hardware");
        }
    }

    private void count(Signer signer) throws BadSignatureException {
        // Two enrolments of one passkey would make a quorum of two people out of either.
        String owner = owners.merge(signer.key(), signer.person(), (first, _) -> first);
        if (!owner.equals(signer.person())) {
            throw new BadSignatureException("`" + signer.key() + "` cannot be the key of two people");
        }
        signers.merge(
                signer.person(), signer, (old, more) -> more.keyClass().compareTo(old.keyClass()) < 0 ? more : old);
    }

    private List<String> unmet(Instant now) {
        List<String> unmet = new ArrayList<>();
        if (!statement.seal().equals(seal.id())) {
            unmet.add("the statement was made under another seal");
        }
        if (!now.isBefore(seal.expires())) {
            unmet.add("the seal has expired");
        }
        if (now.isBefore(statement.openedAt()) || !now.isBefore(statement.expires())) {
            unmet.add("the statement is not valid at " + now);
        }
        if (signers.isEmpty()) {
            unmet.add("nobody who counts has signed");
        }
        demands.broken().flatMap(this::unfounded).ifPresent(unmet::add);
        demands.quorums().stream().filter(quorum -> !isMet(quorum)).forEach(quorum -> unmet.add(missing(quorum)));
        demands.backup().ifPresent(age -> unmet.addAll(BackupCheck.unmet(seal, statement, age, now)));
        return unmet;
    }

    /** Why the seal does not let anybody stand in for what was demanded, if it does not. */
    private Optional<String> unfounded(BreakGlass.Broken broken) {
        if (seal.glass().isEmpty()) {
            return Optional.of("the seal has no break-glass");
        }
        Json.Members left = seal.glass().get().instead(broken.demanded(), broken.reason());
        return left.canonicalText().equals(statement.obligations().canonicalText())
                ? Optional.empty()
                : Optional.of("it is not what the seal's break-glass leaves of what policy demanded");
    }

    private boolean isMet(Demands.Quorum quorum) {
        return signed(quorum) >= quorum.count();
    }

    private String missing(Demands.Quorum quorum) {
        return quorum + " must sign, and " + signed(quorum) + " did";
    }

    private long signed(Demands.Quorum quorum) {
        return seal.people().values().stream()
                .filter(person -> signers.containsKey(person.name()))
                .filter(person -> person.groups().contains(quorum.group()))
                .count();
    }
}
