package dev.interlock.evidence;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Decides, alone, whether people have confirmed a statement: for holds, for the vault, for auditors years later. */
public final class ConfirmationCheck {

    /** The maximum number of signatures. No quorum needs more, and each costs a verification. */
    public static final int MAX_SIGNATURES = 16;

    private final SealDocument seal;
    private final Statement statement;
    private final ParsedObligations demands;
    private final Map<String, Signer> signers = new TreeMap<>();
    private final Map<String, String> owners = new HashMap<>();
    private final List<String> rejected = new ArrayList<>();

    private ConfirmationCheck(SealDocument seal, Statement statement) {
        this.seal = seal;
        this.statement = statement;
        this.demands = ParsedObligations.of(statement.obligations());
    }

    /**
     * Checks {@code signatures}, each a {@link ConfirmationSignature}, at the moment {@code now}.
     *
     * <p>A signature counts under these conditions. It is genuine, over this statement or a list that names it. Its key
     * belongs to one person, by the seal or by an enrolment that the seal accepts. The key is hardware, or the seal
     * allows software keys. A person is behind the lease if the agent is theirs or they signed for the lease. Such a
     * person must sign with hardware, and not at all where the obligations ask for somebody {@code other}. Each person
     * counts once, with however many keys. A statement without any quorum is confirmed by one signature that counts,
     * never by none.
     *
     * <p>If the obligations ask for a backup, the statement itself must contain attestations by keys that the seal
     * names for backups. There must be one for each resource that would be lost.
     */
    public static ConfirmationResult check(
            SealDocument seal, Statement statement, List<String> signatures, Instant now) {
        return check(seal, statement, signatures, now, true);
    }

    static ConfirmationResult check(
            SealDocument seal, Statement statement, List<String> signatures, Instant now, boolean judgesCustody) {
        ConfirmationCheck check = new ConfirmationCheck(seal, statement);
        signatures.stream().limit(MAX_SIGNATURES).forEach(check::add);
        if (signatures.size() > MAX_SIGNATURES) {
            check.rejected.add("only the first " + MAX_SIGNATURES + " signatures are checked");
        }
        return new ConfirmationResult(
                List.copyOf(check.signers.values()), check.rejected, check.unmet(now, judgesCustody));
    }

    /**
     * Returns the people whose signatures could confirm {@code statement}, if their keys count: those of the groups
     * that it asks for, or all, without the people behind the lease if another person must sign.
     */
    public static Set<String> possibleSigners(SealDocument seal, Statement statement) {
        ParsedObligations demands = ParsedObligations.of(statement.obligations());
        return seal.people().values().stream()
                .filter(person -> demands.quorums().isEmpty()
                        || demands.quorums().stream()
                                .anyMatch(quorum -> person.groups().contains(quorum.group())))
                .map(SealDocument.Signatory::name)
                .filter(name -> !demands.other() || !statement.isBehind(name))
                .filter(name -> !ElevationScope.is(statement) || ElevationScope.maySign(statement, seal, name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void add(String signature) {
        try {
            Signer signer = ConfirmationSignature.parse(signature).signer(seal, statement);
            requireCounts(signer);
            count(signer);
        } catch (BadSignatureException | MalformedException e) {
            rejected.add(String.valueOf(e.getMessage()));
        }
    }

    private void requireCounts(Signer signer) throws BadSignatureException {
        seal.requireClass(signer);
        boolean behindLease = statement.isBehind(signer.person());
        if (behindLease && demands.other()) {
            throw new BadSignatureException(
                    "`" + signer.person() + "` is behind the lease, so another person must sign");
        }
        if (behindLease && signer.keyClass() == KeyClass.SOFTWARE) {
            // The agent may run with access to this person's files. A key in those files proves nothing about the
            // person.
            throw new BadSignatureException(
                    "`" + signer.person() + "` is behind the lease and must sign with a hardware key");
        }
    }

    private void count(Signer signer) throws BadSignatureException {
        // Otherwise two enrolments of one passkey would make one person a quorum of two.
        String owner = owners.merge(signer.key(), signer.person(), (first, again) -> first);
        if (!owner.equals(signer.person())) {
            throw new BadSignatureException("`" + signer.key() + "` cannot be the key of two people");
        }
        signers.merge(
                signer.person(), signer, (old, more) -> more.keyClass().compareTo(old.keyClass()) < 0 ? more : old);
    }

    private List<String> unmet(Instant now, boolean judgesCustody) {
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
            unmet.add("there is no valid signature");
        }
        demands.quorums().stream()
                .filter(quorum -> signed(quorum) < quorum.count())
                .map(quorum -> quorum + " must sign, and " + signed(quorum) + " did")
                .forEach(unmet::add);
        demands.backup().ifPresent(age -> unmet.addAll(BackupCheck.unmet(seal, statement, age, now, judgesCustody)));
        return unmet;
    }

    private long signed(ParsedObligations.Quorum quorum) {
        return seal.people().values().stream()
                .filter(person -> signers.containsKey(person.name()))
                .filter(person -> person.groups().contains(quorum.group()))
                .count();
    }
}
