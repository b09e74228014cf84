package dev.interlock.catalog.graphql;

import dev.interlock.action.Refusal;
import dev.interlock.action.RefusalText;

/** The texts of the requests in GraphQL that are not understood. */
public final class GraphqlRefusals {

    static final RefusalText TOO_MANY_DEFINITIONS =
            new RefusalText("The document has too many definitions.", "Send one operation at a time.");
    static final RefusalText TYPE_DEFINITIONS = new RefusalText(
            "The document defines types, which a request must not do.", "Send operations and fragments only.");
    static final RefusalText UNNAMED_OPERATION = new RefusalText(
            "The document has several operations, and one has no name.", "Name every operation, or send one.");
    static final RefusalText UNUSED_FRAGMENT =
            new RefusalText("The fragment %s is used by no operation.", "Leave unused fragments out.");
    static final RefusalText FRAGMENT_CYCLE =
            new RefusalText("The fragment %s contains itself.", "Remove the cycle of fragments.");
    static final RefusalText TOO_DEEP =
            new RefusalText("The selections are nested too deep.", "Ask for less at once, in several requests.");
    static final RefusalText NO_FRAGMENT =
            new RefusalText("The fragment %s is not defined.", "Define every fragment that is used.");
    static final RefusalText NO_OPERATION =
            new RefusalText("The document contains no operation.", "Send a query or a mutation.");
    static final RefusalText SEVERAL_OPERATIONS = new RefusalText(
            "The document contains several operations, and `operationName` does not choose one.",
            "Send one operation, or name it in `operationName`.");
    static final RefusalText NO_SUCH_OPERATION = new RefusalText(
            "No operation of the document has the name that `operationName` gives.",
            "Give the name of an operation in the document.");
    static final RefusalText CONDITION =
            new RefusalText("The condition of a directive is neither true nor false.", "Give `if` a boolean.");
    static final RefusalText DIRECTIVE = new RefusalText(
            "The directive %s is not supported in this place.",
            "Use only the directives `@skip` and `@include`, on fields and fragments.");
    static final RefusalText NO_GRAPHQL =
            new RefusalText("The document is not GraphQL, or too large.", "Send a valid GraphQL document.");
    static final RefusalText NUMBER_TOO_LONG = new RefusalText(
            "A number in the document has more than %s characters.", "Send it as a string, or with at most 15 digits.");
    static final RefusalText NUMBER = new RefusalText(
            "A number in the request is too large or too precise for every JSON reader.",
            "Send it as a string, or with at most 15 digits.");
    static final RefusalText SELECTION_KIND =
            new RefusalText("The document has an unknown kind of selection.", "Select fields.");
    static final RefusalText TOO_MANY_FIELDS =
            new RefusalText("The document selects too many fields.", "Split it into smaller requests.");
    static final RefusalText SAME_NAME =
            new RefusalText("Two different fields have the same name in the answer.", "Give each its own alias.");
    static final RefusalText TWO_DOCUMENTS = new RefusalText(
            "The request has one document in its body and another in a query parameter.",
            "Send the document only in the body.");
    static final RefusalText MUTATION_BY_GET = new RefusalText(
            "A mutation arrived by GET, which browsers and caches may repeat.", "Send mutations by POST.");
    static final RefusalText REQUEST_TOO_DEEP =
            new RefusalText("The request is nested too deep.", "Ask for less at once.");
    static final RefusalText NO_OBJECT = new RefusalText(
            "The request is not a JSON object or a list of JSON objects.", "Send an object with `query`.");
    static final RefusalText BATCH =
            new RefusalText("The batch is empty, or longer than %s requests.", "Send smaller batches.");
    static final RefusalText SUBSCRIPTION =
            new RefusalText("Subscriptions are not supported.", "Send a query, and repeat it as needed.");
    static final RefusalText MEMBER = new RefusalText(
            "The request has an unsupported member %s.", "Send `query`, `operationName` and `variables` only.");
    static final RefusalText PERSISTED =
            new RefusalText(Refusal.PERSISTED_QUERY, "Send the whole document in `query`, without `extensions`.");
    static final RefusalText EXTENSIONS =
            new RefusalText("`extensions` are not supported.", "Send the request without them.");
    static final RefusalText NO_QUERY =
            new RefusalText("The request has no `query`.", "Send the whole document in it.");
    static final RefusalText NO_STRING = new RefusalText("`%s` is not a string.", "Send it as a string.");
    static final RefusalText VARIABLES = new RefusalText("`variables` is not a JSON object.", "Send an object.");
    static final RefusalText REQUEST_TOO_LONG =
            new RefusalText("The request is too long.", "Split it into smaller requests.");
    static final RefusalText LONG_TEXT = new RefusalText(
            "A text that says what the request does is longer than Interlock reads in so long a request.",
            "Shorten the names and messages in it, or send them in a request of their own.");
    static final RefusalText NO_JSON = new RefusalText(
            "The request is not exactly one JSON value: it is malformed, has a duplicate member, is nested too deep, contains an extreme number, or has data after its end.",
            "Send one JSON object with unique member names.");
    static final RefusalText TOO_MANY_VALUES =
            new RefusalText("The request contains more than %s values.", "Split it into smaller requests.");
    static final RefusalText TOO_MANY_LITERALS =
            new RefusalText("The document contains too many literal values.", "Put them into `variables`.");
    static final RefusalText VARIABLE_TOO_OFTEN =
            new RefusalText("The variable %s is used too often for its size.", "Split the request into smaller ones.");
    static final RefusalText VALUE_KIND =
            new RefusalText("The document contains an unknown kind of value.", "Leave it out.");
    static final RefusalText NO_VARIABLE =
            new RefusalText("The variable %s is used but not defined.", "Define every variable that is used.");
    static final RefusalText TWICE = new RefusalText("The %s %s is given twice.", "Give every %1$s once.");
    static final RefusalText NOTHING_SELECTED =
            new RefusalText("The directives remove a whole selection.", "Leave out the fields that you do not want.");
    static final RefusalText NO_UTF8 =
            new RefusalText("The body is not valid UTF-8.", "Send the request as JSON in UTF-8.");
    static final RefusalText BYTE_ORDER_MARK = new RefusalText(
            "The request contains a byte order mark, which some readers skip and others do not.",
            "Send it without a byte order mark.");
    static final RefusalText HALF_CHARACTER = new RefusalText(
            "A string in the request contains half of a surrogate pair, which UTF-8 cannot encode.",
            "Send whole characters only.");
    static final RefusalText VARIABLE_DIRECTIVE =
            new RefusalText("A variable definition has a directive.", "Leave directives on variables out.");
    static final RefusalText NEEDLESS_VARIABLE = new RefusalText(
            "`variables` names %s, which the operation does not define.",
            "Send exactly the variables that the operation defines.");
    static final RefusalText VARIABLE = new RefusalText(
            "The variable %s is missing, or its value does not fit its type.",
            "Send a value of the type that the operation declares.");

    private GraphqlRefusals() {}
}
