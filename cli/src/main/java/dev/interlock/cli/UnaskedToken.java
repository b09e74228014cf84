package dev.interlock.cli;

import dev.interlock.adopt.CredentialPlace;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.setup.ProviderDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;

/** A token whose provider could not be asked what it opens. It stays where it is. */
record UnaskedToken(ProviderDirectory provider, FoundCredential token, String why) {

    String line() {
        return lineOf(token);
    }

    /** Returns what a person sees of a credential that stays in its file. */
    static String lineOf(FoundCredential token) {
        return token.kind().id() + "  " + token.shown() + "  "
                + token.seen().getFirst().shown() + "  readable by " + readers(token);
    }

    private static String readers(FoundCredential token) {
        return token.seen().stream()
                .filter(CredentialPlace.FilePlace.class::isInstance)
                .map(CredentialPlace.FilePlace.class::cast)
                .findFirst()
                .map(UnaskedToken::readers)
                .orElse("its owner");
    }

    private static String readers(CredentialPlace.FilePlace place) {
        try {
            PosixFileAttributes file = Files.readAttributes(place.file(), PosixFileAttributes.class);
            if (file.permissions().contains(PosixFilePermission.OTHERS_READ)) {
                return "every user of this machine";
            }
            return file.owner().getName()
                    + (file.permissions().contains(PosixFilePermission.GROUP_READ)
                            ? " and the group " + file.group().getName()
                            : "");
        } catch (IOException e) {
            return "its owner"; // it went meanwhile
        }
    }
}
