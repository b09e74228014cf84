package dev.interlock.catalog;

import dev.interlock.action.RefusalText;

/** The texts of what the catalogs of REST and GraphQL do not understand. */
final class CatalogRefusals {

    static final RefusalText TEXT_TOO_LONG = new RefusalText(
            "`%s` has %s characters, but people who confirm it can read only %s.", "Send it in smaller parts.");
    static final RefusalText TOO_MANY_RESOURCES =
            new RefusalText("The call names more than %s resources.", "Send several smaller ones.");
    static final RefusalText NO_IDENTIFIER =
            new RefusalText("The argument `%s` is not an identifier.", "Send the provider's own identifier.");
    static final RefusalText UNKNOWN_ARGUMENT = new RefusalText(
            "The catalog does not know the argument %s of %s.",
            "%3$sLeave it out, or ask a person for a catalog that lists it.");
    static final RefusalText WRONG_TYPE = new RefusalText(
            "The argument %s does not have the type that the provider's schema requires.",
            "Send it as the provider's schema defines it.");
    static final RefusalText TOO_MANY_OPERATIONS =
            new RefusalText("The call asks for more than %s operations at once.", "Send several smaller ones.");
    static final RefusalText WRONG_FRAGMENT = new RefusalText(
            "A fragment at the top of the request is not for the type `%s`.", "Write the fields themselves.");
    static final RefusalText NAME_TOO_LONG =
            new RefusalText("The name of an operation is too long.", "Use an operation that exists.");
    static final RefusalText NO_ENDPOINT =
            new RefusalText("The catalog has no GraphQL endpoint at this path.", "Send the request to %1$s.");
    static final RefusalText BATCH_TOO_LONG =
            new RefusalText("The request body is longer than Interlock reads.", "Send smaller batches.");
    static final RefusalText GRAPHQL_METHOD =
            new RefusalText("GraphQL is supported by POST and GET only.", "Send the request by POST.");
    static final RefusalText MEDIA_TYPE = new RefusalText(
            "This content type is not supported.",
            "Send application/json in UTF-8, and name it in one content-type header.");
    static final RefusalText QUERY_AND_BODY = new RefusalText(
            "The request has query parameters and a body; servers differ in which one they use.",
            "Send everything in the body.");
    static final RefusalText GET_WITH_BODY =
            new RefusalText("The GET has a body, and servers differ in how they treat it.", "Send it by POST.");
    static final RefusalText SPELLING = new RefusalText(
            "The argument %s is spelled almost like `%s`; some servers treat both as the same.",
            "Send it as `%2$s`, or leave it out.");
    static final RefusalText OVERRIDE = new RefusalText(
            "The header `%s` asks for another method or path than the request line says.",
            "Leave it out, and send the method and the path themselves.");
    static final RefusalText PATH_FORM = new RefusalText(
            "The path holds an empty segment, a dot segment or an encoded slash.",
            "Write it as in the provider's documentation, with nothing after the last segment.");
    static final RefusalText LONG_ADDRESS = new RefusalText(
            "Address and headers have %s bytes. To hosts that nobody has added Interlock sends at most %s.",
            "Ask for a shorter address, or ask a person to add the host: `interlock upstream add`.");
    static final RefusalText ONLY_READ = new RefusalText(
            "Of hosts that nobody has added, agents may only read: by GET or HEAD, without a body. This is a %s.",
            "Ask a person to add the host: `interlock upstream add openapi`, `mcp`, or `git`.");
    static final RefusalText WHOLE_NUMBER =
            new RefusalText("The path needs a whole number for `{%s}`.", "Send the provider's number.");
    static final RefusalText PARAMETER_TWICE = new RefusalText(
            "The query parameter %s is given twice; servers differ in which one they use.", "Send it once.");
    static final RefusalText HEADER_TWICE = new RefusalText("The header `%s` is given twice.", "Send it once.");
    static final RefusalText API_VERSION = new RefusalText(
            "The header `%s` asks for a version or format of the provider's API that the catalog does not describe.",
            "Send `%2$s`, or leave it out.");
    static final RefusalText BODY_TOO_LONG =
            new RefusalText("The request body is longer than Interlock reads.", "Send it in smaller parts.");
    static final RefusalText NO_BODY =
            new RefusalText("The request has a body, but `%s` takes none.", "Send it without a body.");
    static final RefusalText LIST_BODY = new RefusalText(
            "The body is a list; some servers ignore its members and some treat it as several requests.",
            "Send one object.");
    static final RefusalText CONTENT_TYPE = new RefusalText(
            "The body has no content type, or one that is not supported.",
            "Send %1$s, and name it in one content-type header.");
    static final RefusalText TWO_OPERATIONS = new RefusalText(
            "The path matches two operations of the catalog, `%s` and `%s`.",
            "Use an operation with an unambiguous path.");
    static final RefusalText PATH_ARGUMENT = new RefusalText(
            "`%s` is written so that it could lead to another path.",
            "Send the plain name, without dots, slashes or signs that end it.");
    static final RefusalText STATEMENT_ARGUMENT = new RefusalText(
            "`%s` is no plain name, and the server writes it into a statement.",
            "Send a name of letters, digits, `_`, single dots and hyphens.");
    static final RefusalText OPTION = new RefusalText(
            "`%s` begins with a dash, and the program behind the server would read it as an option.",
            "Send the plain name or path; write a file as `./-name`.");
    static final RefusalText SELECTION_FORM = new RefusalText(
            "The field %s is selected in a form that the catalog does not know.",
            "Select fields of objects, and no fields of scalar values.");
    static final RefusalText UNKNOWN_FIELD = new RefusalText(
            "The catalog does not know the field %s of %s.",
            "%3$sLeave it out, or ask a person for a catalog that lists it.");
    static final RefusalText SAME_KEY =
            new RefusalText("Two different fields have the name %s in the answer.", "Give each its own alias.");
    static final RefusalText WRONG_CONDITION = new RefusalText(
            "A fragment is for the type %s, and %s is never of it by this catalog.",
            "%3$sLeave the fragment out, or ask a person for a catalog that lists the type.");
    static final RefusalText ENCODED =
            new RefusalText("Compressed bodies are not supported.", "Send the request plainly.");
    static final RefusalText UPGRADE =
            new RefusalText("Upgrades to another protocol are not supported.", "Send the request plainly.");
    static final RefusalText NO_OPERATION = new RefusalText(
            "The catalog `%s` knows no operation at the path %s.",
            "Use an operation that it lists, or ask a person for a catalog that lists this one.");
    static final RefusalText NO_METHOD = new RefusalText("The catalog `%s` knows no %s at %s.", "It knows %4$s there.");
    static final RefusalText OTHER_PROTOCOL =
            new RefusalText("The upstream's catalog describes calls of HTTP, and this is none.", "Call it by HTTP.");
    static final RefusalText NOT_HTTP = new RefusalText(
            "The upstream is a database, and does not speak HTTP.", "Connect to it with a client of the database.");
    static final RefusalText NO_PUSH =
            new RefusalText("The request is no push as Git sends it.", "Push with an ordinary Git client.");

    private CatalogRefusals() {}
}
