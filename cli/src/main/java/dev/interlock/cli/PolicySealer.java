package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.policy.DraftSeals;
import dev.interlock.program.ExitCodes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Seals a policy after a command has changed it, if that is the only change and a key lies where it usually does. */
record PolicySealer(Options own, List<Path> signers, boolean isAlone, Terminal terminal) {

    enum SealResult {
        SEALED("✓ sealed: "),
        NONE("written, but not in force yet; check it, then: interlock seal --key KEY"),
        OTHER_CHANGES(
                "written, but not in force yet: the policy has other changes since the last seal. Check them too, then: interlock seal --key KEY"),
        FAILED("written but not in force: sealing failed. Mend the cause, then: interlock seal --key KEY");

        private final String words;

        SealResult(String words) {
            this.words = words;
        }

        /** Returns the words for people; what was sealed, or further options, follow them. */
        String words() {
            return words;
        }

        int exit() {
            return this == FAILED ? ExitCodes.NO : ExitCodes.OK;
        }
    }

    /** Call it before the change is written. {@code policy} is without it. */
    static PolicySealer before(PolicyDirectory policy, Options own, List<Path> keys, Terminal terminal)
            throws IOException {
        return new PolicySealer(own, signers(own, keys), !hasOtherChanges(policy, own), terminal);
    }

    SealResult seal() throws IOException {
        if (signers.isEmpty()) {
            return SealResult.NONE;
        }
        if (!isAlone) {
            return SealResult.OTHER_CHANGES;
        }
        return sign() ? SealResult.SEALED : SealResult.FAILED;
    }

    /** Returns the keys that sign; none if nobody has named one and none lies in the usual place. */
    private static List<Path> signers(Options own, List<Path> keys) throws IOException {
        Path usual = own.located().resolve("seal.key");
        return keys.isEmpty() && Files.exists(usual) ? List.of(usual) : keys;
    }

    /** Returns whether the policy differs from the seal in force. Its other changes are not this command's to seal. */
    private static boolean hasOtherChanges(PolicyDirectory policy, Options own) throws IOException {
        Optional<byte[]> inForce = SealInForce.said(own.config());
        if (inForce.isEmpty()) {
            return false;
        }
        Seal seal = DraftSeals.read(inForce.get());
        byte[] again = policy.toSign(seal.sequence(), seal.sealedAt()).unverified();
        return !Arrays.equals(again, inForce.get());
    }

    private boolean sign() throws IOException {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        List<String> command =
                new ArrayList<>(List.of("seal", "--config", own.configFile().toString()));
        signers.forEach(key -> command.addAll(List.of("--key", key.toString())));
        int exit = InterlockCommand.run(out, out, command.toArray(String[]::new));
        said.toString(StandardCharsets.UTF_8).lines().forEach(terminal::aside);
        return exit == ExitCodes.OK;
    }
}
