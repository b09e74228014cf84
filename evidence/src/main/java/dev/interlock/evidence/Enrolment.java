package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A passkey, and what makes it a person's.
 *
 * <p>Whether that is enough, the seal says, each time anew: who takes a person's key out of the seal takes with it all
 * that was vouched for by it.
 *
 * @param statement whose it is to be
 * @param basis who says so
 */
public record Enrolment(KeyStatement statement, Basis basis) {

    /**
     * As many enrolments may stand behind each other, the one that signed among them: a key of its own for each of
     * laptop, telephone and safe.
     */
    public static final int MAX_CHAIN = 3;

    /** More signatures under one enrolment than any recovery needs. */
    private static final int MAX_SIGNATURES = 5;

    private static final String MEMBER = "basis";

    /** Who says that a key is a person's. */
    public sealed interface Basis {

        /** The person: with keys of theirs that count already. The new one is worth no more than the worst of them. */
        record Signatures(List<PersonSignature> made) implements Basis {
            public Signatures {
                made = bounded(made);
            }
        }

        /** Others: the quorum that the seal names for those who have lost what they had. */
        record Recovery(List<PersonSignature> made) implements Basis {
            public Recovery {
                made = bounded(made);
            }
        }

        /** The gateway: it gave out a one-time code. Good only where the seal says so. */
        record Code() implements Basis {}
    }

    /** What the seal makes of an enrolment. */
    public record Standing(KeyClass keyClass, Signer.Basis basis) {}

    private static List<PersonSignature> bounded(List<PersonSignature> made) {
        if (made.isEmpty() || made.size() > MAX_SIGNATURES) {
            throw new MalformedException("an enrolment rests on 1 to " + MAX_SIGNATURES + " signatures");
        }
        return List.copyOf(made);
    }

    /** The JSON form: the statement's members, and {@code basis}. */
    public Json.Members json() {
        return statement
                .json()
                .with(
                        MEMBER,
                        switch (basis) {
                            case Basis.Signatures(List<PersonSignature> made) ->
                                by("signatures").with("signatures", array(made));
                            case Basis.Recovery(List<PersonSignature> made) ->
                                by("recovery").with("signatures", array(made));
                            case Basis.Code() -> by("code");
                        });
    }

    private static Json.Members by(String word) {
        return Json.object().with("by", word);
    }

    private static Json.Array array(List<PersonSignature> made) {
        return new Json.Array(made.stream().map(PersonSignature::json).toList());
    }

    /**
     * Reads the JSON form.
     *
     * @throws MalformedException unless it is canonical, and exactly of the format
     */
    public static Enrolment parse(String text) {
        if (text.length() > PersonSignature.MAX_LENGTH) {
            throw new MalformedException("the enrolment is longer than " + PersonSignature.MAX_LENGTH + " characters");
        }
        return of(Json.readObject(text.getBytes(StandardCharsets.UTF_8)), 1);
    }

    static Enrolment of(Json.Members json, int link) {
        if (link > MAX_CHAIN) {
            throw new MalformedException("more than " + MAX_CHAIN + " enrolments stand behind each other");
        }
        Fields basis = new Fields(json.object(MEMBER));
        Enrolment enrolment = new Enrolment(KeyStatement.of(json.without(Set.of(MEMBER))), basis(basis, link));
        basis.end();
        return enrolment;
    }

    private static Basis basis(Fields fields, int link) {
        String by = fields.text("by");
        return switch (by) {
            case "signatures" -> new Basis.Signatures(signatures(fields, link));
            case "recovery" -> new Basis.Recovery(signatures(fields, link));
            case "code" -> new Basis.Code();
            default -> throw new MalformedException("no key is enrolled by `" + by + "`");
        };
    }

    private static List<PersonSignature> signatures(Fields fields, int link) {
        return fields.items("signatures").stream()
                .map(item -> PersonSignature.of(item, link + 1))
                .toList();
    }

    /**
     * How much the key is worth under {@code seal}.
     *
     * @throws BadSignatureException if it is nobody's there
     */
    public Standing standing(SealDocument seal) throws BadSignatureException {
        if (!seal.people().containsKey(statement.person())) {
            throw new BadSignatureException("the seal does not know `" + statement.person() + "`");
        }
        return switch (basis) {
            case Basis.Signatures(List<PersonSignature> made) -> vouchedByThemselves(seal, made);
            case Basis.Recovery(List<PersonSignature> made) -> vouchedByOthers(seal, made);
            case Basis.Code() -> givenByCode(seal);
        };
    }

    private Standing vouchedByThemselves(SealDocument seal, List<PersonSignature> made) throws BadSignatureException {
        Standing standing = new Standing(KeyClass.HARDWARE, Signer.Basis.SIGNATURES);
        for (Signer signer : signers(seal, made)) {
            if (!signer.person().equals(statement.person())) {
                throw new BadSignatureException(
                        "`" + signer.person() + "` cannot vouch for a key of `" + statement.person() + "` alone");
            }
            standing = weakened(standing, signer);
        }
        return standing;
    }

    private Standing vouchedByOthers(SealDocument seal, List<PersonSignature> made) throws BadSignatureException {
        Demands.Quorum quorum = seal.passkeys()
                .recovery()
                .map(Demands.Quorum::of)
                .orElseThrow(() -> new BadSignatureException("the seal lets nobody vouch for the keys of others"));
        Set<String> others = new TreeSet<>();
        Standing standing = new Standing(KeyClass.HARDWARE, Signer.Basis.RECOVERY);
        for (Signer signer : signers(seal, made)) {
            seal.requireClass(signer);
            if (signer.person().equals(statement.person())) {
                throw new BadSignatureException("`" + signer.person() + "` is not one of the others");
            }
            if (seal.isIn(quorum.group(), signer.person())) {
                others.add(signer.person());
            }
            standing = weakened(standing, signer);
        }
        if (others.size() < quorum.count()) {
            throw new BadSignatureException(quorum + " must vouch for it, and " + others.size() + " did");
        }
        return standing;
    }

    private Standing givenByCode(SealDocument seal) throws BadSignatureException {
        if (!seal.passkeys().firstByCode()) {
            throw new BadSignatureException(
                    "the key of `" + statement.person() + "` was enrolled by a code, and the seal wants it endorsed");
        }
        return new Standing(KeyClass.HARDWARE, Signer.Basis.CODE);
    }

    private List<Signer> signers(SealDocument seal, List<PersonSignature> made) throws BadSignatureException {
        List<Signer> signers = new ArrayList<>();
        for (PersonSignature signature : made) {
            signers.add(signature.signer(seal, statement.canonical(), KeyStatement.NAMESPACE));
        }
        return signers;
    }

    /** Who can use the worst of the keys that vouch could have enrolled a key of their own. */
    private static Standing weakened(Standing standing, Signer signer) {
        KeyClass weakest = signer.keyClass() == KeyClass.SOFTWARE ? KeyClass.SOFTWARE : standing.keyClass();
        return new Standing(weakest, standing.basis().and(signer.basis()));
    }
}
