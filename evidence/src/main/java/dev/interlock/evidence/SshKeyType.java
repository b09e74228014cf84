package dev.interlock.evidence;

import java.util.Optional;

/** The accepted key types, and how to check their signatures. All other types are refused by name. */
enum SshKeyType {
    ED25519("ssh-ed25519", KeyClass.SOFTWARE, Optional.empty()),
    ECDSA_256("ecdsa-sha2-nistp256", KeyClass.SOFTWARE, Optional.of(Curve.P256)),
    ECDSA_384("ecdsa-sha2-nistp384", KeyClass.SOFTWARE, Optional.of(Curve.P384)),
    ECDSA_521("ecdsa-sha2-nistp521", KeyClass.SOFTWARE, Optional.of(Curve.P521)),
    SK_ED25519("sk-ssh-ed25519@openssh.com", KeyClass.HARDWARE, Optional.empty()),
    SK_ECDSA("sk-ecdsa-sha2-nistp256@openssh.com", KeyClass.HARDWARE, Optional.of(Curve.P256));

    /** RFC 5656 §6.2.1: the hash follows the size of the curve. */
    enum Curve {
        P256("nistp256", "secp256r1", "SHA256withECDSAinP1363Format", 32),
        P384("nistp384", "secp384r1", "SHA384withECDSAinP1363Format", 48),
        P521("nistp521", "secp521r1", "SHA512withECDSAinP1363Format", 66);

        final String sshName;
        final String jdkName;
        final String algorithm;
        final int width;

        Curve(String sshName, String jdkName, String algorithm, int width) {
            this.sshName = sshName;
            this.jdkName = jdkName;
            this.algorithm = algorithm;
            this.width = width;
        }
    }

    final String sshName;
    final KeyClass keyClass;
    final Optional<Curve> curve;

    SshKeyType(String sshName, KeyClass keyClass, Optional<Curve> curve) {
        this.sshName = sshName;
        this.keyClass = keyClass;
        this.curve = curve;
    }

    /** Returns whether signatures are made by an authenticator, which also signs data of its own. */
    boolean isSecurityKey() {
        return keyClass == KeyClass.HARDWARE;
    }

    static SshKeyType of(String name) {
        for (SshKeyType type : values()) {
            if (type.sshName.equals(name)) {
                return type;
            }
        }
        throw new MalformedException("keys of type `" + name + "` are not accepted");
    }
}
