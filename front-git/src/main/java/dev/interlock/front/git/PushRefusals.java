package dev.interlock.front.git;

import dev.interlock.action.RefusalText;

/** The texts of the pushes that are not understood, or beyond a limit. */
final class PushRefusals {

    static final RefusalText SYMBOLIC =
            new RefusalText("`%s` stands for another branch.", "Push to that branch itself.");
    static final RefusalText CHANGED =
            new RefusalText("`%s` has changed since the client looked.", "Fetch first, then push again.");
    static final RefusalText PACK_VERSION = malformed("The push has no pack of version 2.");
    static final RefusalText PACK_LIMIT = new RefusalText(
            "The pack of the push %s.", "Push fewer commits at a time, or keep large files outside of the repository.");
    static final RefusalText PACK_END = malformed("The pack of the push does not end with its checksum.");
    static final RefusalText THIN_PACK = new RefusalText(
            "The pack of the push has deltas against objects that it does not bring.",
            "Push with `git push --no-thin`.");
    static final RefusalText OBJECT_TYPE = malformed("The pack of the push has an object of an unknown type.");
    static final RefusalText DELTA_CHAIN = new RefusalText(
            "The pack of the push has a chain of deltas that is too long.",
            "Push with `git -c pack.depth=50 push`, or fewer commits at a time.");
    static final RefusalText DELTA_BASE = malformed("The pack of the push has a delta of something that is no object.");
    static final RefusalText OBJECT_SIZE = malformed("An object of the pack has another size than it says.");
    static final RefusalText OBJECT_COMPRESSION = malformed("An object of the pack is not compressed as Git does it.");
    static final RefusalText DELTA_SIZE = malformed("A delta of the pack does not say what it makes.");
    static final RefusalText PACK_CUT_OFF = malformed("The pack of the push is cut off.");
    static final RefusalText CONTROL_CHARACTER = malformed("A line of the push holds a control character.");
    static final RefusalText NO_UTF8 = malformed("A line of the push is not UTF-8.");
    static final RefusalText PACKET_LENGTH = malformed("A packet has a length that does not exist.");
    static final RefusalText BORDER = malformed("A border stands in a list of packets.");
    static final RefusalText PACKET_START = malformed("A packet does not begin with its length.");
    static final RefusalText PACKET_TOO_LONG = malformed("A packet is longer than %s bytes.");
    static final RefusalText NEEDLESS_PACK = malformed("The push has a pack that nothing needs.");
    static final RefusalText PUSH_TOO_LONG =
            new RefusalText("The push is longer than %s bytes.", "Push fewer commits at a time.");
    static final RefusalText NO_PACK = malformed("The push ends before its pack.");
    static final RefusalText LATE_CAPABILITIES =
            malformed("The capabilities of the push are not in its first command.");
    static final RefusalText TOO_MANY_REFS =
            new RefusalText("The push changes more than %s refs.", "Push fewer refs at a time.");
    static final RefusalText OBJECT_FORMAT = new RefusalText(
            "The repository has another object format than SHA-1, which is not supported.", "Ask a person to push.");
    static final RefusalText CAPABILITY = malformed("The push has a capability that Interlock does not know.");
    static final RefusalText PUSH_OPTIONS = new RefusalText(
            "The push has options (`git push -o`, `push.pushOption`), which could change more than its refs.",
            "Push without options; ask for the change that an option would make by itself.");
    static final RefusalText REF_TWICE = malformed("The push changes one ref twice.");
    static final RefusalText NEEDLESS_OBJECTS =
            malformed("The pack of the push has objects that none of its refs needs.");
    static final RefusalText NO_COMMIT =
            new RefusalText("A ref of the push names no commit.", "Push commits and tags of commits only.");
    static final RefusalText TOO_MANY_COMMITS =
            new RefusalText("The push builds on more than %s commits.", "Push fewer commits at a time.");
    static final RefusalText OBJECT_TWICE = malformed("The pack of the push has one object twice.");
    static final RefusalText INVALID_OBJECT = malformed("The pack of the push has an object that is not valid.");
    static final RefusalText TOO_SLOW =
            new RefusalText("The push takes longer to read than %s seconds.", "Push fewer commits at a time.");
    static final RefusalText COMMAND = malformed("A command of the push is not `old new ref` with SHA-1 names.");
    static final RefusalText NO_CHANGE =
            new RefusalText("A command of the push changes nothing.", "Push without it; delete only what exists.");
    static final RefusalText REF_NAME = new RefusalText(
            "A ref of the push has a name that Git does not allow, or one with other characters than ASCII.",
            "Give the branch another name.");
    static final RefusalText OTHER_REF = new RefusalText(
            "A push may change branches, tags and notes, or open a review (`refs/for/`), and not `%s`.",
            "Push to a branch: `git push origin HEAD:refs/heads/NAME`.");

    private PushRefusals() {}

    private static RefusalText malformed(String reason) {
        return new RefusalText(reason, "Push with an ordinary Git client, version 2.20 or newer.");
    }
}
