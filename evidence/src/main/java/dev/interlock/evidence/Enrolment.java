package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A passkey, and the proof that it belongs to a person. The seal decides each time whether that is enough: without a
 * person's key in it, every passkey that the key endorsed loses its value too.
 */
public record Enrolment(KeyStatement statement, EnrolmentBasis basis) {

    /** Maximum enrolments in a chain, with the one of the key that signed: for laptop, telephone and safe. */
    public static final int MAX_CHAIN = 3;

    /** The maximum number of signatures under one enrolment. No recovery needs more. */
    private static final int MAX_SIGNATURES = 5;

    private static final String MEMBER = "basis";

    public sealed interface EnrolmentBasis {

        Json.Members json();

        /** The person signed with keys that count already; the new one is worth no more than the worst of them. */
        record Signatures(List<PersonSignature> made) implements EnrolmentBasis {
            public Signatures {
                made = bounded(made);
            }

            @Override
            public Json.Members json() {
                return by("signatures").with("signatures", array(made));
            }
        }

        /** Others signed: the quorum that the seal names for people who have lost their keys. */
        record Recovery(List<PersonSignature> made) implements EnrolmentBasis {
            public Recovery {
                made = bounded(made);
            }

            @Override
            public Json.Members json() {
                return by("recovery").with("signatures", array(made));
            }
        }

        /** The gateway gave out a one-time code. This counts only if the seal says so. */
        record Code() implements EnrolmentBasis {
            @Override
            public Json.Members json() {
                return by("code");
            }
        }
    }

    public record PasskeyValue(KeyClass keyClass, Signer.KeyBasis basis) {}

    private static List<PersonSignature> bounded(List<PersonSignature> made) {
        if (made.isEmpty() || made.size() > MAX_SIGNATURES) {
            throw new MalformedException("an enrolment needs 1 to " + MAX_SIGNATURES + " signatures");
        }
        return List.copyOf(made);
    }

    public Json.Members json() {
        return statement.json().with(MEMBER, basis.json());
    }

    private static Json.Members by(String word) {
        return Json.object().with("by", word);
    }

    private static Json.Array array(List<PersonSignature> made) {
        return new Json.Array(made.stream().map(PersonSignature::json).toList());
    }

    /** Reads the canonical JSON form. */
    public static Enrolment parse(String text) {
        if (text.length() > PersonSignature.MAX_LENGTH) {
            throw new MalformedException("the enrolment is longer than " + PersonSignature.MAX_LENGTH + " characters");
        }
        return of(Json.readObject(text.getBytes(StandardCharsets.UTF_8)), 1);
    }

    static Enrolment of(Json.Members json, int link) {
        if (link > MAX_CHAIN) {
            throw new MalformedException("more than " + MAX_CHAIN + " enrolments depend on each other");
        }
        StrictFields basis = new StrictFields(json.object(MEMBER));
        Enrolment enrolment = new Enrolment(KeyStatement.of(json.without(Set.of(MEMBER))), basis(basis, link));
        basis.end();
        return enrolment;
    }

    private static EnrolmentBasis basis(StrictFields fields, int link) {
        String by = fields.text("by");
        return switch (by) {
            case "signatures" -> new EnrolmentBasis.Signatures(signatures(fields, link));
            case "recovery" -> new EnrolmentBasis.Recovery(signatures(fields, link));
            case "code" -> new EnrolmentBasis.Code();
            default -> throw new MalformedException("no key is enrolled by `" + by + "`");
        };
    }

    private static List<PersonSignature> signatures(StrictFields fields, int link) {
        return fields.items("signatures").stream()
                .map(item -> PersonSignature.of(item, link + 1))
                .toList();
    }

    /** Returns how much the key is worth under {@code seal}, and throws if it belongs to nobody there. */
    public PasskeyValue standing(SealDocument seal) throws BadSignatureException {
        if (!seal.people().containsKey(statement.person())) {
            throw new BadSignatureException("the seal does not know `" + statement.person() + "`");
        }
        if (basis instanceof EnrolmentBasis.Signatures signatures) {
            return vouchedByThemselves(seal, signatures.made());
        }
        return basis instanceof EnrolmentBasis.Recovery recovery
                ? vouchedByOthers(seal, recovery.made())
                : givenByCode(seal);
    }

    private PasskeyValue vouchedByThemselves(SealDocument seal, List<PersonSignature> made)
            throws BadSignatureException {
        PasskeyValue standing = new PasskeyValue(KeyClass.HARDWARE, Signer.KeyBasis.SIGNATURES);
        for (Signer signer : signers(seal, made)) {
            if (!signer.person().equals(statement.person())) {
                throw new BadSignatureException(
                        "`" + signer.person() + "` alone cannot endorse a key of `" + statement.person() + "`");
            }
            standing = weakened(standing, signer);
        }
        return standing;
    }

    private PasskeyValue vouchedByOthers(SealDocument seal, List<PersonSignature> made) throws BadSignatureException {
        ParsedObligations.Quorum quorum = seal.passkeys()
                .recovery()
                .map(ParsedObligations.Quorum::of)
                .orElseThrow(() -> new BadSignatureException("the seal lets nobody endorse the keys of others"));
        Set<String> others = new TreeSet<>();
        PasskeyValue standing = new PasskeyValue(KeyClass.HARDWARE, Signer.KeyBasis.RECOVERY);
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
            throw new BadSignatureException(quorum + " must endorse it, but " + others.size() + " did");
        }
        return standing;
    }

    private PasskeyValue givenByCode(SealDocument seal) throws BadSignatureException {
        if (!seal.passkeys().firstByCode()) {
            throw new BadSignatureException("the key of `" + statement.person()
                    + "` was enrolled by a code, but the seal requires an endorsement");
        }
        return new PasskeyValue(KeyClass.HARDWARE, Signer.KeyBasis.CODE);
    }

    private List<Signer> signers(SealDocument seal, List<PersonSignature> made) throws BadSignatureException {
        List<Signer> signers = new ArrayList<>();
        for (PersonSignature signature : made) {
            signers.add(signature.signer(seal, statement.canonical(), KeyStatement.NAMESPACE));
        }
        return signers;
    }

    /** Who can use the weakest endorsing key could have enrolled a key of their own. */
    private static PasskeyValue weakened(PasskeyValue standing, Signer signer) {
        KeyClass weakest = signer.keyClass() == KeyClass.SOFTWARE ? KeyClass.SOFTWARE : standing.keyClass();
        return new PasskeyValue(weakest, standing.basis().and(signer.basis()));
    }
}
