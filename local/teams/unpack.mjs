// Unpacks the Chromium that its npm package brings, with its libraries and its font, into $TMPDIR.
// The package unpacks the libraries only where it takes the machine for an Amazon Linux: say that it is one.
process.env.AWS_LAMBDA_JS_RUNTIME = "nodejs22.x";
const { default: chromium } = await import("@sparticuz/chromium");
await chromium.executablePath();
