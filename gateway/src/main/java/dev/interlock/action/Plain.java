package dev.interlock.action;

/** Which characters a terminal draws, and does not obey: the others could wipe out or turn round what stands beside. */
public final class Plain {

    private Plain() {}

    /** Whether the code point {@code c} is drawn as itself, whatever stands around it. */
    public static boolean is(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
